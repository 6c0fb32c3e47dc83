import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { TestClock } from "../../test/test-clock.ts";
import { openSerialPort } from "./stream-port.ts";

test("a wire over TCP carries bytes both ways, and is opened again when it breaks", async () => {
	const server = createServer();
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	const clock = new TestClock();
	const problems: string[] = [];
	const accepted = once(server, "connection");
	const wire = await openSerialPort({
		uart: `tcp://127.0.0.1:${port}`,
		baud: 115_200,
		clock,
		onProblem: (problem) => problems.push(problem),
	});
	const received: number[] = [];
	const heard = new Promise<void>((resolve) => {
		wire.onData((bytes) => {
			received.push(...bytes);
			if (received.length >= 6) resolve();
		});
	});

	const [first] = (await accepted) as [Socket];
	first.write(Uint8Array.of(1, 2, 3));
	const gone = once(first, "close");
	first.end();
	first.resume();
	await gone;
	while (problems.length === 0) await new Promise((resolve) => setImmediate(resolve));
	expect(problems).toHaveLength(1);
	wire.write(Uint8Array.of(9));

	const again = once(server, "connection");
	clock.step(clock.now() + 250);
	const [second] = (await again) as [Socket];
	second.write(Uint8Array.of(4, 5, 6));
	await heard;
	expect(received).toEqual([1, 2, 3, 4, 5, 6]);
	const answer = once(second, "data");
	wire.write(Uint8Array.of(7));
	// What was written while the wire was broken is lost, as on any wire.
	expect([...((await answer) as [Uint8Array])[0]]).toEqual([7]);

	wire.close();
	second.destroy();
	server.close();
});

test("a serial device that is not there is told once and waited for", async () => {
	const clock = new TestClock();
	const problems: string[] = [];
	const told = new Promise<void>((resolve) => {
		void openSerialPort({
			uart: "/dev/visionvend-is-not-here",
			baud: 115_200,
			clock,
			onProblem: (problem) => {
				problems.push(problem);
				resolve();
			},
		}).then((wire) => {
			wire.write(Uint8Array.of(1));
		});
	});
	await told;
	expect(problems[0]).toContain("/dev/visionvend-is-not-here");
});
