"""POST /unlock as one would write it with FastAPI: what the cloud's own is measured against.

The same work at the same durability: the token is checked and the body validated; idempotency key, machine, card, debts
and price list are read; sale, history, payment and outbox are committed with synchronous=FULL before Stripe's official
client holds the money; what came of it is committed with two ledger entries and the sealed message to the machine, which
leaves over MQTT with QoS 1 and is then marked as sent. Around it is what an API has in production, and what the cloud has
around each of its routes: a request id, the headers that protect browsers, a rate limit a shopper, a histogram for
Prometheus, and a JSON line for each request and each thing that happened to the sale.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import sys
import time
from contextlib import asynccontextmanager
from typing import Annotated

import aiomqtt
import jwt
import stripe
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import Histogram
from pydantic import BaseModel, Field

HOLD_CENTS = 1_000
SCHEMA = """
CREATE TABLE machine (id TEXT PRIMARY KEY, currency TEXT NOT NULL, hold_cents INTEGER NOT NULL, counter INTEGER NOT NULL, key BLOB NOT NULL) STRICT;
CREATE TABLE slot (machine_id TEXT NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL, price_cents INTEGER NOT NULL, PRIMARY KEY (machine_id, sku)) STRICT, WITHOUT ROWID;
CREATE TABLE shopper (id TEXT PRIMARY KEY, customer TEXT NOT NULL, payment_method TEXT NOT NULL) STRICT;
CREATE TABLE debt (sale_id TEXT PRIMARY KEY, shopper_id TEXT NOT NULL, settled_at_ms INTEGER) STRICT;
CREATE INDEX debt_shopper ON debt(shopper_id);
CREATE TABLE sale (id TEXT PRIMARY KEY, machine_id TEXT NOT NULL, shopper_id TEXT NOT NULL, state TEXT NOT NULL, hold_cents INTEGER NOT NULL,
  intent TEXT UNIQUE, client_secret TEXT, counter INTEGER, hello_request TEXT, products TEXT NOT NULL, requested_at_ms INTEGER NOT NULL, check_at_ms INTEGER) STRICT;
CREATE UNIQUE INDEX sale_machine ON sale(machine_id) WHERE state IN ('requested', 'authorised');
CREATE UNIQUE INDEX sale_shopper ON sale(shopper_id) WHERE state IN ('requested', 'authorised');
CREATE INDEX sale_check ON sale(check_at_ms) WHERE check_at_ms IS NOT NULL;
CREATE TABLE sale_event (id INTEGER PRIMARY KEY, sale_id TEXT NOT NULL, at_ms INTEGER NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE INDEX sale_event_sale ON sale_event(sale_id);
CREATE TABLE idempotency (shopper_id TEXT NOT NULL, key TEXT NOT NULL, request_hash TEXT NOT NULL, sale_id TEXT NOT NULL, PRIMARY KEY (shopper_id, key)) STRICT, WITHOUT ROWID;
CREATE TABLE payment_operation (key TEXT PRIMARY KEY, sale_id TEXT NOT NULL, amount_cents INTEGER NOT NULL, intent TEXT, state TEXT NOT NULL) STRICT;
CREATE TABLE entry (id INTEGER PRIMARY KEY, sale_id TEXT NOT NULL, account TEXT NOT NULL, amount_cents INTEGER NOT NULL, currency TEXT NOT NULL) STRICT;
CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, payload TEXT NOT NULL, operation TEXT UNIQUE, state TEXT NOT NULL, due_at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX outbox_due ON outbox(due_at_ms, id) WHERE state = 'pending';
"""

database = sqlite3.connect(os.environ["DATABASE_PATH"], isolation_level=None, cached_statements=1_000)
database.row_factory = sqlite3.Row
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
broker: aiomqtt.Client
payments = stripe.StripeClient(
    "sk_test_visionvend",
    base_addresses={"api": os.environ["STRIPE_API_BASE"]},
    http_client=stripe.HTTPXClient(),
    max_network_retries=0,
)
stripe.enable_telemetry = False
background: set[asyncio.Task[None]] = set()


def fill(count: int) -> None:
    """Machines, shoppers and prices, as many as there will be unlocks."""
    database.executescript(SCHEMA)
    database.execute("BEGIN")
    for index in range(count):
        machine = f"m-{index}"
        database.execute("INSERT INTO machine VALUES (?, 'usd', ?, 0, ?)", (machine, HOLD_CENTS, secrets.token_bytes(32)))
        for product in range(10):
            database.execute("INSERT INTO slot VALUES (?, ?, ?, ?)", (machine, f"sku-{product}", f"Product {product}", 150 + 10 * product))
        database.execute("INSERT INTO shopper VALUES (?, ?, ?)", (f"shopper-{index}", os.environ["CUSTOMER"], os.environ["PAYMENT_METHOD"]))
    database.execute("COMMIT")


@asynccontextmanager
async def lifespan(_app: FastAPI):
    global broker
    fill(int(os.environ["MACHINES"]))
    async with aiomqtt.Client("127.0.0.1", int(os.environ["MQTT_PORT"]), username="cloud", password=os.environ["MQTT_PASSWORD"]) as broker:
        yield


ANSWERED = Histogram("http_request_duration_seconds", "How long answers take", ["method", "route", "status"])
PROTECTION = [
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"origin-agent-cluster", b"?1"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=15552000; includeSubDomains"),
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-dns-prefetch-control", b"off"),
    (b"x-download-options", b"noopen"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-xss-protection", b"0"),
]


def tell(event: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"level": "info", "time": now_ms(), "event": event, **fields}) + "\n")


class Around:
    """What every request has: an id, protecting headers, a place in the histogram and a line in the log."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = secrets.token_urlsafe(16)
        status = 500

        async def answer(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode()), *PROTECTION]
            await send(message)

        await self.inner(scope, receive, answer)
        seconds = time.perf_counter() - began
        method, path = scope["method"], scope["path"]
        ANSWERED.labels(method, path, str(status)).observe(seconds)
        tell("request.answered", requestId=request_id, method=method, path=path, status=status, milliseconds=round(1_000 * seconds), address=scope["client"][0])


app = FastAPI(lifespan=lifespan)
app.add_middleware(Around)


class Unlock(BaseModel):
    id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    machine_id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")


class Unlocked(BaseModel):
    status: str
    transaction_id: str
    client_secret: str | None


def now_ms() -> int:
    return int(time.time() * 1_000)


def shopper(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        claims = jwt.decode(
            credentials.credentials,
            os.environ["JWT_SECRET"],
            algorithms=["HS256"],
            audience="visionvend-shopper",
            issuer="visionvend-cloud",
            options={"require": ["sub", "iat", "exp"]},
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, str(error)) from error
    return claims["sub"]


def one(sql: str, *args: str) -> sqlite3.Row | None:
    return database.execute(sql, args).fetchone()


class Limiter:
    """A bucket a shopper: twenty requests at once, and twenty a minute."""

    def __init__(self) -> None:
        self.buckets: dict[str, tuple[float, float]] = {}

    def take(self, shopper_id: str) -> None:
        now = time.monotonic()
        tokens, at = self.buckets.get(shopper_id, (20.0, now))
        tokens = min(20.0, tokens + (now - at) / 3)
        if tokens < 1:
            raise HTTPException(429, "too_many_requests")
        self.buckets[shopper_id] = (tokens - 1, now)


limiter = Limiter()


class commit:
    """All statements of the block in one commit, which is on the disk when it ends."""

    def __enter__(self) -> sqlite3.Connection:
        database.execute("BEGIN IMMEDIATE")
        return database

    def __exit__(self, kind: type | None, *_: object) -> None:
        database.execute("COMMIT" if kind is None else "ROLLBACK")


@app.post("/unlock")
async def unlock(body: Unlock, shopper_id: Annotated[str, Depends(shopper)], idempotency_key: Annotated[str | None, Header()] = None) -> Unlocked:
    limiter.take(shopper_id)
    request_hash = hashlib.sha256(json.dumps(["/unlock", body.id, body.machine_id]).encode()).hexdigest()
    earlier = one("SELECT request_hash, sale_id FROM idempotency WHERE shopper_id = ? AND key = ?", shopper_id, idempotency_key or "")
    if earlier is not None and earlier["request_hash"] != request_hash:
        raise HTTPException(409, "idempotency_key_reused")
    sale_id = begin(body, shopper_id, idempotency_key, request_hash) if earlier is None else earlier["sale_id"]
    await hold(f"sale:{sale_id}:auth", sale_id, shopper_id)
    sale = one("SELECT * FROM sale WHERE id = ?", sale_id)
    if sale is None or sale["intent"] is None:
        raise HTTPException(503, "payment_unavailable")
    return Unlocked(status="success", transaction_id=sale_id, client_secret=sale["client_secret"])


def begin(body: Unlock, shopper_id: str, idempotency_key: str | None, request_hash: str) -> str:
    machine = one("SELECT * FROM machine WHERE id = ?", body.machine_id)
    if machine is None:
        raise HTTPException(404, "machine_unknown")
    if one("SELECT * FROM shopper WHERE id = ?", shopper_id) is None:
        raise HTTPException(400, "payment_method_required")
    if one("SELECT sale_id FROM debt WHERE shopper_id = ? AND settled_at_ms IS NULL LIMIT 1", shopper_id) is not None:
        raise HTTPException(402, "debt_open")
    products = database.execute("SELECT sku, name, price_cents FROM slot WHERE machine_id = ? ORDER BY sku", (body.machine_id,)).fetchall()
    sale_id = body.id or secrets.token_urlsafe(16)
    key = f"sale:{sale_id}:auth"
    at_ms = now_ms()
    try:
        with commit() as batch:
            batch.execute(
                "INSERT INTO sale VALUES (?, ?, ?, 'requested', ?, NULL, NULL, NULL, NULL, ?, ?, ?)",
                (sale_id, machine["id"], shopper_id, machine["hold_cents"], json.dumps([dict(row) for row in products]), at_ms, at_ms + 30_000),
            )
            batch.execute("INSERT INTO sale_event (sale_id, at_ms, event, detail) VALUES (?, ?, 'requested', ?)", (sale_id, at_ms, json.dumps({"amountCents": machine["hold_cents"]})))
            if idempotency_key is not None:
                batch.execute("INSERT INTO idempotency VALUES (?, ?, ?, ?)", (shopper_id, idempotency_key, request_hash, sale_id))
            batch.execute("INSERT INTO payment_operation VALUES (?, ?, ?, NULL, 'pending')", (key, sale_id, machine["hold_cents"]))
            batch.execute("INSERT INTO outbox (kind, payload, operation, state, due_at_ms) VALUES ('payment', '{}', ?, 'pending', ?)", (key, at_ms + 60_000))
    except sqlite3.IntegrityError as error:
        raise HTTPException(409, "machine_busy") from error
    tell("unlock.requested", saleId=sale_id, machineId=machine["id"], amountCents=machine["hold_cents"])
    return sale_id


async def hold(key: str, sale_id: str, shopper_id: str) -> None:
    operation = one("SELECT * FROM payment_operation WHERE key = ?", key)
    if operation is None or operation["state"] != "pending":
        return
    card = one("SELECT * FROM shopper WHERE id = ?", shopper_id)
    assert card is not None
    intent = await payments.v1.payment_intents.create_async(
        {
            "amount": operation["amount_cents"],
            "currency": "usd",
            "customer": card["customer"],
            "payment_method": card["payment_method"],
            "capture_method": "manual",
            "confirm": True,
            "setup_future_usage": "off_session",
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "payment_method_options": {"card": {"request_incremental_authorization": "if_available", "request_overcapture": "if_available"}},
            "metadata": {"sale_id": sale_id, "purpose": "hold"},
            "expand": ["latest_charge"],
        },
        {"idempotency_key": key},
    )
    if intent.status != "requires_capture":
        raise HTTPException(400, "payment_declined")
    sale = one("SELECT * FROM sale WHERE id = ?", sale_id)
    assert sale is not None
    machine = one("SELECT * FROM machine WHERE id = ?", sale["machine_id"])
    assert machine is not None
    at_ms = now_ms()
    hello = {"request": secrets.token_urlsafe(16)}
    with commit() as batch:
        batch.execute(
            "UPDATE sale SET state = 'authorised', intent = ?, client_secret = ?, counter = ?, hello_request = ? WHERE id = ? AND state = 'requested'",
            (intent.id, intent.client_secret, machine["counter"] + 1, hello["request"], sale_id),
        )
        batch.execute("INSERT INTO sale_event (sale_id, at_ms, event, detail) VALUES (?, ?, 'authorised', ?)", (sale_id, at_ms, json.dumps({"intent": intent.id})))
        for account, sign in (("shopper_hold", 1), ("shopper_hold_contra", -1)):
            batch.execute("INSERT INTO entry (sale_id, account, amount_cents, currency) VALUES (?, ?, ?, 'usd')", (sale_id, account, sign * operation["amount_cents"]))
        batch.execute("UPDATE payment_operation SET state = 'succeeded', intent = ? WHERE key = ?", (intent.id, key))
        batch.execute("UPDATE outbox SET state = 'done' WHERE operation = ?", (key,))
        message = batch.execute("INSERT INTO outbox (kind, payload, state, due_at_ms) VALUES ('publish', ?, 'pending', ?)", (json.dumps(hello), at_ms)).lastrowid
    tell("payment.held", saleId=sale_id, machineId=machine["id"], intent=intent.id)
    task = asyncio.create_task(publish(machine["id"], machine["key"], message, hello))
    background.add(task)
    task.add_done_callback(background.discard)


async def publish(machine_id: str, key: bytes, message: int | None, body: dict[str, str]) -> None:
    topic = f"devices/{machine_id}/commands/hello"
    issued_at = int(time.time())
    claims = {"iss": "cloud", "aud": f"{machine_id}/controller", "jti": str(message), "seq": message, "topic": topic, "iat": issued_at, "exp": issued_at + 10, "body": body}
    parts = [json.dumps({"alg": "HS256", "kid": "cloud-controller.1"}), json.dumps(claims)]
    signed = b".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in parts)
    seal = base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")
    tell("hello.requested", machineId=machine_id)
    await broker.publish(topic, signed + b"." + seal, qos=1)
    with commit() as batch:
        batch.execute("UPDATE outbox SET state = 'done' WHERE id = ?", (message,))


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
