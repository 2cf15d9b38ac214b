import { type CarryOutParts, carryOut } from './carry-out.ts';
import type { CommandCounts } from './command-counts.ts';
import type { Command, CommandTopic } from './command-topic.ts';
import type { Work } from './hold-records.ts';
import { type KafkaRecord, placeOf } from './record.ts';

export interface ReadWorkParts {
  readonly topics: ReadonlyMap<string, CommandTopic>;
  readonly carrying: Omit<CarryOutParts, 'isOurs'>;
  readonly counts: CommandCounts;
}

/** A longer one is read once for its order and again for its work: read, it takes fivefold room. */
const keptBytesMax = 4_096;

/** What a record takes. A fault in reading makes a dead letter, and holds up no partition. */
export function readWork(parts: ReadWorkParts, record: KafkaRecord): Work {
  const { carrying, counts } = parts;
  const topic = parts.topics.get(record.topic);
  if (topic === undefined) throw new Error(`${record.topic} was not asked for.`);
  const readNow = (): Command => {
    try {
      return topic.read(record);
    } catch (error) {
      carrying.log.error({ err: error, ...placeOf(record) }, 'a command could not be read');
      return commandOfFault(record);
    }
  };
  const read = readNow();
  const kept = (record.value?.length ?? 0) > keptBytesMax ? null : read;
  return {
    order: read.order,
    async run(isOurs) {
      const outcome = await carryOut({ ...carrying, isOurs }, record, kept ?? readNow());
      counts.add(record.topic, outcome);
    },
  };
}

function commandOfFault({ partition }: KafkaRecord): Command {
  return {
    order: `partition ${partition}`,
    carryOut: async () => ({ replies: [], deadLetter: 'failed' }),
    answerFault: () => [],
  };
}
