import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"firmware that is forged, cut off by a power cut, or does not start costs no sale, and a good one comes after it",
	{ seed: 39, story: "An owner's bad day with updates." },
	async (s) => {
		await s.update("forged");
		await s.expect.within("10s", { command: { state: "failed", reason: "bad-signature" } });
		await s.update("next");
		await s.expect.within("10s", { event: { room: "controller", event: "firmware.loading" } });
		await s.power("off");
		await s.pass("5s");
		await s.power("on");
		await s.expect.within("20s", { command: { state: "failed", reason: "interrupted" } });
		await s.update("broken");
		await s.expect.within("60s", { command: { state: "failed", reason: "rolled-back" } });
		await s.unlock();
		await s.door.open();
		await s.shopper.take("cola");
		await s.door.close();
		await s.expect.within("10s", { receipt: [{ sku: "cola", quantity: 1 }] });
		await s.pass("15s");
		await s.update("next");
		await s.expect.within("60s", { command: "done" });
		await s.expect.message("status/hello", { firmware: "1.0.0" });
	},
);
