import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a stone in the place of a cola goes to a person, who has not charged anything yet",
	{ seed: 17, story: "A thief takes a cola and leaves a stone that weighs nearly as much." },
	async (s) => {
		await s.unlock();
		await s.door.open();
		await s.shopper.take("cola");
		await s.shopper.place("stone", { mass: "341g", shelf: 0 });
		await s.door.close();
		await s.expect.within("60s", { sale: "review", capturedCents: 0 });
		await s.expect.now({ gone: [{ sku: "cola", quantity: 1 }] });
		await s.expect.within("5s", { oled: { shows: ["Receipt to follow"] } });
	},
);
