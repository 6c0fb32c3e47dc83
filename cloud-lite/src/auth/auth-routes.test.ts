import { afterAll, beforeAll, expect, test } from "vitest";
import { TwoTenants } from "../../test/two-tenants.ts";
import { hashPassword } from "./password.ts";

let world: TwoTenants;
const email = "admin@alpha.example";
const password = "a good long password";

beforeAll(async () => {
	world = await TwoTenants.open();
	await world.database.write([
		{ sql: "UPDATE user SET password_hash = ? WHERE id = 'alpha-admin'", args: [await hashPassword(password)] },
	]);
});

afterAll(() => world.close());

function anonymous(path: string, body?: unknown, headers: Record<string, string> = {}) {
	return world.request("anonymous", "POST", path, body, { headers });
}

async function logIn() {
	const { body } = await anonymous("/api/v1/auth/login", { email, password });
	return body.data as { accessToken: string; refreshToken: string };
}

function profileOf(token: string) {
	return world.request("anonymous", "GET", "/api/v1/auth/profile", undefined, {
		headers: { authorization: `Bearer ${token}` },
	});
}

test("4.8 login answers with a token pair, whatever the case of the e-mail; the short path answers it bare", async () => {
	const { status, body } = await anonymous("/auth/login", { email: "Admin@Alpha.Example", password });
	expect(status).toBe(200);
	expect(body).toMatchObject({ tokenType: "Bearer", expiresIn: 900 });
	expect((await profileOf(body.accessToken)).body.data).toMatchObject({
		id: "alpha-admin",
		tenantId: "alpha",
		role: "admin",
		lastLoginAt: "2026-01-01T09:00:00.000Z",
	});
});

test("4.8 a wrong password, an unknown e-mail and a person without a password get the same answer", async () => {
	const answers = await Promise.all(
		[
			{ email, password: "not this one" },
			{ email: "nobody@alpha.example", password },
			{ email: "viewer@alpha.example", password },
		].map((body) => anonymous("/api/v1/auth/login", body)),
	);
	for (const { status, body } of answers) {
		expect([status, body.detail]).toEqual([401, "E-mail and password do not fit."]);
	}
});

test("4.10 the claims of a person's token are sub, tenantId, role, permissions, iat and exp, for 15 minutes", async () => {
	const { accessToken } = await logIn();
	const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
	expect(claims).toMatchObject({
		sub: "alpha-admin",
		tenantId: "alpha",
		role: "admin",
		permissions: ["*:read", "*:write", "*:manage"],
	});
	expect(claims.exp - claims.iat).toBe(900);
});

test("4.8 a refresh token is good once; when it comes again, the whole login ends", async () => {
	const first = await logIn();
	const second = (await anonymous("/api/v1/auth/refresh", { refreshToken: first.refreshToken })).body.data;
	expect((await profileOf(second.accessToken)).status).toBe(200);
	expect((await anonymous("/api/v1/auth/refresh", { refreshToken: first.refreshToken })).status).toBe(401);
	expect((await profileOf(second.accessToken)).status).toBe(401);
	expect((await anonymous("/api/v1/auth/refresh", { refreshToken: second.refreshToken })).status).toBe(401);
	expect(world.log.map(({ event }) => event)).toContain("login.token_reused");
});

test("4.8 of two exchanges of one token at once, one wins at most, and the login ends", async () => {
	const { refreshToken, accessToken } = await logIn();
	const answers = await Promise.all([1, 2].map(() => anonymous("/api/v1/auth/refresh", { refreshToken })));
	expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
	expect((await profileOf(accessToken)).status).toBe(401);
});

test("4.8 logout ends the login at once, with all its tokens", async () => {
	const { accessToken, refreshToken } = await logIn();
	const headers = { authorization: `Bearer ${accessToken}` };
	expect((await anonymous("/auth/logout", undefined, headers)).body).toEqual({ loggedOut: true });
	expect((await profileOf(accessToken)).status).toBe(401);
	expect((await anonymous("/api/v1/auth/refresh", { refreshToken })).status).toBe(401);
});

test("2.34 a page's cookie is out of scripts' reach, and changes nothing without its CSRF token", async () => {
	const login = await anonymous("/api/v1/auth/page-login", { email, password });
	const setCookie = login.headers.get("set-cookie") ?? "";
	expect(setCookie).toMatch(/^__Host-visionvend=[\w-]{43};/);
	for (const word of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) expect(setCookie).toContain(word);
	const cookie = setCookie.split(";")[0] ?? "";
	const asPage = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
		world.request("anonymous", method, path, body, { headers: { cookie, ...headers } });

	const { body } = await asPage("GET", "/api/v1/auth/profile");
	expect(body.data.csrfToken).toBe(login.body.data.csrfToken);
	const change = { name: "Corner shop" };
	expect(await asPage("PATCH", "/api/v1/tenant", change)).toMatchObject({
		status: 403,
		body: { code: "csrf_token_required" },
	});
	const wrong = { "x-csrf-token": `${"A".repeat(42)}B` };
	expect((await asPage("PATCH", "/api/v1/tenant", change, wrong)).status).toBe(403);
	const right = { "x-csrf-token": body.data.csrfToken };
	expect((await asPage("PATCH", "/api/v1/tenant", change, right)).body.data.name).toBe("Corner shop");
	expect((await asPage("POST", "/api/v1/auth/logout", undefined, right)).status).toBe(200);
	expect((await asPage("GET", "/api/v1/auth/profile")).status).toBe(401);
});

test("4.8 a new password needs the old one and ends the other logins", async () => {
	const here = await logIn();
	const elsewhere = await logIn();
	const headers = { authorization: `Bearer ${here.accessToken}` };
	const next = "another good password";
	expect((await anonymous("/api/v1/auth/password", { current: "wrong", next }, headers)).status).toBe(401);
	expect((await anonymous("/api/v1/auth/password", { current: password, next: "short" }, headers)).status).toBe(400);
	expect((await anonymous("/api/v1/auth/password", { current: password, next }, headers)).status).toBe(200);
	expect((await profileOf(here.accessToken)).status).toBe(200);
	expect((await profileOf(elsewhere.accessToken)).status).toBe(401);
	expect((await anonymous("/api/v1/auth/password", { current: next, next: password }, headers)).status).toBe(200);
});

test("0.4 0.24 2.15 who guesses at an account is stopped, also with the right password, and may try again later", async () => {
	const guess = (word: string) =>
		anonymous("/api/v1/auth/login", { email: "operator@alpha.example", password: word }).then(({ status }) => status);
	const statuses: number[] = [];
	for (let round = 0; round < 30 && !statuses.includes(429); round += 1) statuses.push(await guess("wrong one"));
	expect(statuses.at(-1)).toBe(429);
	const answer = await anonymous("/api/v1/auth/login", { email: "operator@alpha.example", password: "wrong one" });
	expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
	world.clock.jump(world.clock.now() + 10 * 60_000);
	expect(await guess("wrong one")).toBe(401);
});

test("4.26 passwords are kept as Argon2id, and tokens and keys as hashes only", async () => {
	const { accessToken, refreshToken } = await logIn();
	const tables = await world.database.read("SELECT name FROM sqlite_master WHERE type = 'table'");
	const everything: string[] = [];
	for (const { name } of tables) everything.push(JSON.stringify(await world.database.read(`SELECT * FROM "${name}"`)));
	const text = everything.join("\n");
	for (const secret of [password, accessToken, refreshToken, world.alpha.keys.apiKey.slice(-43)]) {
		expect(secret.length).toBeGreaterThan(10);
		expect(text).not.toContain(secret);
	}
	expect(text).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
});
