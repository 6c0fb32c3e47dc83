import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"whoever restocks opens with a grant and with the button, and nobody pays for it",
	{ equipped: true, seed: 31, story: "A driver fills up the shelves, forgets a crate, and opens once more." },
	async (s) => {
		await s.command("service-start", { for: "10min" });
		await s.expect.within("10s", { command: "running", lock: "open" });
		await s.door.open();
		await s.shopper.take("cola", { quantity: 2 });
		await s.shopper.putBack("cola");
		await s.shopper.place("a new crate", { mass: "4kg", shelf: 1 });
		await s.door.close();
		await s.expect.within("5s", { health: { phase: "service", doorClosed: true }, lock: "shut" });
		await s.button("press");
		await s.expect.within("3s", { lock: "open" });
		await s.door.open();
		await s.shopper.place("another crate", { mass: "4kg", shelf: 3 });
		await s.door.close();
		await s.command("service-end");
		await s.expect.within("10s", { command: { of: "service-start", state: "done" } });
		await s.expect.now({ openings: 2, capturedCents: 0, heldCents: 0, command: { of: "service-end", state: "done" } });
		await s.pass("30s");
		await s.expect.now({ health: { phase: "locked" } });
		// And the next shopper pays for what is taken, not for what was filled in.
		await s.unlock();
		await s.door.open();
		await s.shopper.take("smoothie");
		await s.door.close();
		await s.expect.within("10s", { receipt: [{ sku: "smoothie", quantity: 1 }] });
		await s.expect.noFaults();
	},
);
