import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"everything goes back, and nothing is charged",
	{ seed: 7, story: "A shopper takes three things, puts all of them back, and slams the door." },
	async (s) => {
		await s.unlock();
		await s.door.open("900ms");
		await s.shopper.take("cola", { over: "1.4s" });
		await s.shopper.take("chips", { quantity: 2 });
		await s.shopper.putBack("chips");
		await s.shopper.putBack("cola");
		await s.shopper.putBack();
		await s.shopper.lean("3kg", { shelf: 1, for: "800ms" });
		await s.door.close({ slam: true });
		await s.expect.within("10s", { sale: "cancelled", receipt: [], capturedCents: 0 });
		await s.expect.oled().toShow("No Charge");
		await s.expect.message("status/door", { state: "closed" });
		s.expect.net("lock_coil").was(1).then(0);
		await s.expect.ledger({ cash_in_transit: 0 });
		await s.expect.noFaults();
	},
);
