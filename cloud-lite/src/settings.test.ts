import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const JWT_SECRET = "kN3vQ8zr1XcT5mYb7HdLw2PfSg9UaEoJ";

test("2.32 a good secret is all that is needed", () => {
	expect(readSettings({ JWT_SECRET })).toMatchObject({
		DATABASE_URL: "file:./visionvend.db",
		MQTT_BROKER_URL: "mqtt://127.0.0.1:1883",
		PORT: 8_000,
	});
});

test("empty variables, as in an unfilled .env, count as not set", () => {
	expect(readSettings({ JWT_SECRET, STRIPE_API_KEY: "", STRIPE_API_BASE: "", PORT: "" })).toMatchObject({
		PORT: 8_000,
	});
});

test.each([
	["missing", undefined, "is missing"],
	["short", "kN3vQ8zr1XcT5mYb", "fewer than 32 bytes"],
	["plain", "a".repeat(64), "different characters"],
	["a placeholder", "change-me-0123456789-abcdefghijklmnop", "placeholder"],
])("a %s secret is refused, and not repeated", (_what, secret, reason) => {
	const read = () => readSettings(secret === undefined ? {} : { JWT_SECRET: secret });
	expect(read).toThrow(reason);
	if (secret) expect(read).not.toThrow(secret);
});

test("4.30 every wrong variable is named", () => {
	const read = () =>
		readSettings({ JWT_SECRET, PORT: "eighty", STRIPE_API_BASE: "localhost", DATABASE_URL: "postgres://x" });
	for (const name of ["PORT", "STRIPE_API_BASE", "DATABASE_URL"]) expect(read).toThrow(name);
});

test("1.23 the counter's threshold and the sites that may ask come from the environment", () => {
	const { FUZZY_MATCH_THRESHOLD, CORS_ORIGINS } = readSettings({ JWT_SECRET });
	expect([FUZZY_MATCH_THRESHOLD, CORS_ORIGINS]).toEqual([0.6, ["http://localhost:5173", "http://localhost:3000"]]);
	const given = readSettings({
		JWT_SECRET,
		FUZZY_MATCH_THRESHOLD: "0.8",
		CORS_ORIGINS: "https://a.example, https://b.example",
	});
	expect([given.FUZZY_MATCH_THRESHOLD, given.CORS_ORIGINS]).toEqual([0.8, ["https://a.example", "https://b.example"]]);
	expect(() => readSettings({ JWT_SECRET, CORS_ORIGINS: "*" })).toThrow("CORS_ORIGINS");
});

test("4.30 a libsql server may keep the sales, when it is said where measurements go", () => {
	const DATABASE_URL = "libsql://sales.example.com?authToken=x";
	expect(() => readSettings({ JWT_SECRET, DATABASE_URL })).toThrow("TELEMETRY_DATABASE_URL");
	const TELEMETRY_DATABASE_URL = "file:./telemetry.db";
	expect(readSettings({ JWT_SECRET, DATABASE_URL, TELEMETRY_DATABASE_URL })).toMatchObject({ DATABASE_URL });
});
