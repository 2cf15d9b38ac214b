"""A Kafka client that is not our own: librdkafka, told by lines of JSON what to do.

Bytes travel as base64; null stands for what is null in Kafka. Each command is answered by a line
with its id; records that were read come as lines of their own.
"""

import base64
import json
import sys
import threading
import uuid

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

settings = json.loads(sys.argv[1])
printing = threading.Lock()


def say(line):
    with printing:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def decoded(text):
    return None if text is None else base64.b64decode(text)


def encoded(content):
    return None if content is None else base64.b64encode(content).decode("ascii")


settings["reconnect.backoff.max.ms"] = 300

producer = Producer(
    {
        **settings,
        "enable.idempotence": True,
        "linger.ms": 0,
        "partitioner": "murmur2_random",
        "message.max.bytes": 20000000,
        "topic.metadata.refresh.interval.ms": 500,
        "allow.auto.create.topics": False,
    }
)
admin = AdminClient(settings)


def send(command):
    """Answers the places of all records once the broker has them, in the order of the records."""
    records = command["records"]
    places = [None] * len(records)

    def placed(at):
        def tell(error, message):
            if error is not None:
                places[at] = {"error": str(error)}
            else:
                places[at] = {"partition": message.partition(), "offset": message.offset()}

        return tell

    for at, record in enumerate(records):
        while True:
            try:
                producer.produce(
                    record["topic"],
                    value=decoded(record["value"]),
                    key=decoded(record["key"]),
                    headers=[(name, decoded(value)) for name, value in record["headers"]],
                    on_delivery=placed(at),
                    **{
                        name: record[name]
                        for name in ("partition", "timestamp")
                        if record.get(name) is not None
                    },
                )
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush(60)
    return {"places": places}


def create_topics(command):
    topics = [
        NewTopic(name, num_partitions=partitions, replication_factor=1, config=command["settings"])
        for name, partitions in command["topics"].items()
    ]
    for future in admin.create_topics(topics, operation_timeout=20).values():
        future.result(30)
    return {}


def forbid(command):
    """Whatever the user would do with the topic is refused."""
    binding = AclBinding(*named(command), "*", AclOperation.ALL, AclPermissionType.DENY)
    for future in admin.create_acls([binding]).values():
        future.result(30)
    return {}


def allow(command):
    """Takes back what `forbid` did."""
    wanted = AclBindingFilter(*named(command), "*", AclOperation.ALL, AclPermissionType.DENY)
    for future in admin.delete_acls([wanted]).values():
        future.result(30)
    return {}


def named(command):
    return ResourceType.TOPIC, command["topic"], ResourcePatternType.LITERAL, "User:" + command["user"]


def committed(command):
    """The offsets that a group has committed, by partition."""
    consumer = Consumer({**settings, "group.id": command["group"]})
    metadata = consumer.list_topics(command["topic"], timeout=20)
    partitions = metadata.topics[command["topic"]].partitions
    found = consumer.committed([TopicPartition(command["topic"], one) for one in partitions], 20)
    consumer.close()
    return {"offsets": {str(one.partition): one.offset for one in found}}


def follow(command):
    """Tells every record of these topics from the first on, also of topics that are made later."""
    consumer = Consumer(
        {
            **settings,
            "group.id": "follower-" + uuid.uuid4().hex,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "topic.metadata.refresh.interval.ms": 500,
            "allow.auto.create.topics": False,
            "fetch.message.max.bytes": 20000000,
        }
    )
    consumer.subscribe(command["topics"])

    def read():
        while True:
            message = consumer.poll(1)
            if message is None or message.error() is not None:
                continue
            say(
                {
                    "topic": message.topic(),
                    "partition": message.partition(),
                    "offset": message.offset(),
                    "timestamp": message.timestamp()[1],
                    "key": encoded(message.key()),
                    "value": encoded(message.value()),
                    "headers": [[name, encoded(value)] for name, value in message.headers() or []],
                }
            )

    threading.Thread(target=read, daemon=True).start()
    return {}


commands = {
    "send": send,
    "create_topics": create_topics,
    "forbid": forbid,
    "allow": allow,
    "committed": committed,
    "follow": follow,
}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = commands[command["command"]](command)
        say({"id": command["id"], **answer})
    except Exception as error:  # The test that asked is told, whatever it is.
        say({"id": command["id"], "error": repr(error)})
