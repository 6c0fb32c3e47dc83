import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a display that does not answer costs no sale, and shows again when it is back",
	{ seed: 18, story: "The display's plug is loose for eight seconds, in the middle of a visit." },
	async (s) => {
		await s.unlock();
		await s.fault.bus("oled", { nack: "address", for: "8s" });
		await s.door.open("900ms");
		await s.shopper.take("lemonade", { over: "1.4s" });
		await s.door.close();
		await s.expect.within("15s", { receipt: [{ sku: "lemonade", quantity: 1 }] });
		await s.expect.noFaults({ except: ["oled"] });
		await s.expect.within("20s", { oled: { shows: ["Tap to Unlock"] } });
		s.expect.net("lock_coil").was(1).then(0);
	},
);
