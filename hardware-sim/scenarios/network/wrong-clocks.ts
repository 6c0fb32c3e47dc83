import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"clocks that are wrong by minutes cost no sale",
	{ seed: 44, story: "The Pi has no battery for its clock, and the cloud's is two minutes ahead." },
	async (s) => {
		await s.fault.host({ clock: { of: "pi", behind: "40min" } });
		await s.fault.host({ clock: { of: "cloud", ahead: "2min" } });
		await s.unlock();
		await s.door.open();
		await s.shopper.take("apple-juice");
		await s.shopper.take("chips");
		await s.shopper.putBack("apple-juice");
		await s.door.close();
		await s.expect.within("20s", { receipt: [{ sku: "chips", quantity: 1 }], capturedCents: 150 });
		await s.expect.noFaults();
	},
);
