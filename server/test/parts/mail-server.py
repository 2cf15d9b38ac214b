"""A real mail server for tests, and the mail client that reads what arrived.

Started by aiosmtpd.ts with its settings as JSON in the first argument. Writes one JSON line to
stdout when it listens, and one for every mail, read by Python's own mail parser. What it does to a
mail depends on the local part of the recipient. Ends when its standard input does.
"""

import asyncio
import json
import logging
import os
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def part_of(mail, kind):
    part = mail.get_body(preferencelist=(kind,))
    return None if part is None else part.get_content()


class Mailbox:
    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "unknown":
            return f"550 5.1.1 <{address}>: no such mailbox, {local} never lived here"
        if local == "busy":
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local == "silent":
            tell("content")
            await asyncio.sleep(3600)
        if local == "dropped":
            server.transport.abort()
            return "250 never heard"
        if local == "spam":
            return "554 5.7.1 this looks like spam: " + envelope.content.decode()[-400:].strip()[:200]
        if local == "full":
            return "452 4.2.2 mailbox full"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        tell(
            "mail",
            envelopeFrom=envelope.mail_from,
            envelopeTo=envelope.rcpt_tos,
            isEncrypted=server.transport.get_extra_info("ssl_object") is not None,
            login=session.auth_data.login.decode() if session.auth_data else None,
            headers=[[name, str(value)] for name, value in mail.items()],
            type=mail.get_content_type(),
            plain=part_of(mail, "plain"),
            html=part_of(mail, "html"),
        )
        return "250 2.0.0 queued as 4711"


async def main(settings):
    logging.disable(logging.CRITICAL)
    options = {"hostname": "mail.example.com"}
    context = None
    if settings.get("certificate"):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings["certificate"], settings["key"])
    if settings["security"] == "starttls":
        options.update(tls_context=context, require_starttls=True)
    if settings.get("user"):

        def authenticate(server, session, envelope, mechanism, data):
            pair = (data.login.decode(), data.password.decode())
            isRight = pair == (settings["user"], settings["password"])
            return AuthResult(success=isRight, handled=isRight, auth_data=data)

        options.update(authenticator=authenticate, auth_required=True)
        if settings["security"] == "tls":
            # aiosmtpd takes only STARTTLS for encryption when it decides whether to offer AUTH.
            options.update(auth_require_tls=False)
    loop = asyncio.get_running_loop()
    implicit = context if settings["security"] == "tls" else None
    server = await loop.create_server(
        lambda: SMTP(Mailbox(), loop=loop, **options), "127.0.0.1", 0, ssl=implicit
    )
    tell("ready", port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    # Connections that are kept silent on purpose would hold up an orderly end.
    sys.stdout.flush()
    os._exit(0)


asyncio.run(main(json.loads(sys.argv[1])))
