import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@visionvend/sdk/clock";
import { open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { openEnvelope } from "@visionvend/sdk/protocol/envelope";
import type { MessageBroker } from "@visionvend/sdk/protocol/message-broker";
import { reportBodySchema } from "@visionvend/sdk/protocol/messages";
import { connectMqtt } from "@visionvend/sdk/protocol/mqtt-message-broker";
import { Aedes } from "aedes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CliProcess } from "../test/cli-process.ts";
import { configuration, keys, machineId, saleReport, sealedByController, topics } from "../test/test-machine.ts";
import { clockTimer } from "./link/clock-timer.ts";
import { version } from "./version.ts";

let directory: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), "visionvend-cli-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function listen(server: Server): Promise<number> {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

/** A controller behind a TCP socket: it keeps its messages over every process that connects. */
async function startController(): Promise<{ port: number; link: LinkEndpoint; close(): void }> {
	let socket: Socket | undefined;
	const link = new LinkEndpoint({
		write: (bytes) => socket?.write(bytes),
		timer: clockTimer(systemClock),
		session: 99,
		onMessage: (_message, acknowledge) => acknowledge(),
	});
	const server = createServer((connection) => {
		socket = connection;
		connection.on("data", (bytes) => link.receive(bytes));
		connection.on("error", () => connection.destroy());
	});
	return {
		port: await listen(server),
		link,
		close() {
			link.close();
			socket?.destroy();
			server.close();
		},
	};
}

/** The cloud's side of the report: opens both seals. */
async function startCloud(url: string): Promise<{ broker: MessageBroker; report: Promise<string> }> {
	const broker = await connectMqtt({ url, clientId: "cloud" });
	const report = new Promise<string>((resolve, reject) => {
		void broker.subscribe(topics.report, (_topic, token) => {
			try {
				const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.report };
				const outer = openEnvelope(keys.piToCloud, expected, token);
				if (!outer.ok) throw new Error(outer.refusal);
				const body = reportBodySchema.parse(outer.claims.body);
				const inner = open(
					keys.controllerToCloud,
					{ iss: partyName(machineId, "controller"), aud: "cloud", topic: topics.saleReport },
					body.report,
				);
				if (!inner.ok) throw new Error(inner.refusal);
				resolve(body.reportId);
			} catch (error) {
				reject(error instanceof Error ? error : new Error(String(error)));
			}
		});
	});
	return { broker, report };
}

test("a report that the process took over survives its SIGKILL, and SIGTERM ends it in order", async () => {
	const aedes = await Aedes.createBroker();
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		aedes.handle(socket);
	});
	const url = `mqtt://127.0.0.1:${await listen(server)}`;
	const controller = await startController();
	const file = join(directory, "pi.json");
	const settings = configuration(`file:${join(directory, "pi.db")}`);
	writeFileSync(
		file,
		JSON.stringify({
			...settings,
			uart: `tcp://127.0.0.1:${controller.port}`,
			broker: { ...settings.broker, url },
		}),
	);

	const first = new CliProcess(["serve", "--config", file]);
	const takenOver = new Promise<void>((resolve) => {
		controller.link.send(
			encodeLinkMessage(topics.saleReport, sealedByController(topics.saleReport, saleReport("sale-1"), 1)),
			resolve,
		);
	});
	await Promise.race([takenOver, first.event("never.happens")]);
	await first.kill("SIGKILL");

	// Only now is there a cloud. The controller forgot the report; the disk of the Pi did not.
	const cloud = await startCloud(url);
	const second = new CliProcess(["serve", "--config", file]);
	expect(await second.event("started")).toMatchObject({ room: "pi", level: "info", openReports: 1 });
	const reportId = await cloud.report;
	const acknowledgement = seal(keys.cloudToPi, {
		iss: "cloud",
		aud: partyName(machineId, "pi"),
		jti: "ack-1",
		seq: 1,
		topic: topics.ack,
		body: { reportId, saleId: "sale-1", outcome: "captured" },
	});
	await cloud.broker.publish(topics.ack, acknowledgement);
	expect(await second.event("report.acknowledged")).toMatchObject({ saleId: "sale-1", outcome: "captured" });

	const { url: healthUrl } = await second.event("health.listening");
	const health = await fetch(String(healthUrl));
	expect(await health.json()).toMatchObject({ status: "healthy", version, store: { pending: 0 } });
	expect(await second.kill("SIGTERM")).toBe(0);
	expect(second.stderr).toBe("");

	controller.close();
	await cloud.broker.close();
	server.close();
	for (const socket of sockets) socket.destroy();
	await new Promise<void>((resolve) => aedes.close(resolve));
});

test("a bad configuration ends with status 2 and says what to change", async () => {
	const file = join(directory, "pi.json");
	writeFileSync(file, JSON.stringify({ ...configuration("file:x"), baud: 3 }));
	const cli = new CliProcess(["serve", "--config", file]);
	expect(await cli.ended()).toBe(2);
	expect(cli.stderr).toContain("baud: ");
	expect(cli.stdout).toBe("");
});

test("an absent file, an absent option and an unknown command end with status 2", async () => {
	for (const [words, complaint] of [
		[["serve", "--config", join(directory, "absent.json")], "absent.json"],
		[["serve"], "--config"],
		[["sing"], "sing"],
		[["serve", "--loud"], "--loud"],
	] as const) {
		const cli = new CliProcess(words);
		expect(await cli.ended()).toBe(2);
		expect(cli.stderr).toContain(complaint);
	}
});

test("--version tells the version of the package", async () => {
	const { default: manifest } = await import("../package.json", { with: { type: "json" } });
	expect(version).toBe(manifest.version);
	const cli = new CliProcess(["--version"]);
	expect(await cli.ended()).toBe(0);
	expect(cli.stdout).toBe(`${version}\n`);
});

test("doctor names what is wrong and ends with status 1", async () => {
	const file = join(directory, "pi.json");
	const settings = configuration(`file:${join(directory, "pi.db")}`);
	writeFileSync(
		file,
		JSON.stringify({
			...settings,
			uart: "/dev/visionvend-is-not-here",
			broker: { ...settings.broker, caFile: join(directory, "absent.pem") },
			vision: {
				cameras: [`folder:${directory}`],
				model: file,
				recording: { folder: join(directory, "video") },
			},
		}),
	);
	const cli = new CliProcess(["doctor", "--config", file]);
	expect(await cli.ended()).toBe(1);
	expect(cli.stdout).toMatch(/^ok +configuration/m);
	expect(cli.stdout).toMatch(/^ok +store +.*WAL/m);
	expect(cli.stdout).toMatch(/^FAIL +controller +.*dialout/m);
	expect(cli.stdout).toMatch(/^ok +disk +\d+ %/m);
	expect(cli.stdout).toMatch(/^FAIL +model +.*pi\.json/m);
	expect(cli.stdout).toMatch(/^FAIL +camera 0 +There is no picture/m);
	expect(cli.stdout).toMatch(/^(ok|FAIL) +recording/m);
	expect(cli.stdout).toMatch(/^FAIL +broker +.*absent\.pem/m);
});
