import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a sale goes on when the mains fail, on the battery",
	{ equipped: true, seed: 26, story: "The fuse of the whole floor blows while somebody chooses." },
	async (s) => {
		await s.unlock();
		await s.door.open();
		await s.mains("off");
		await s.shopper.take("smoothie");
		await s.door.close();
		await s.expect.within("20s", { receipt: [{ sku: "smoothie", quantity: 1 }] });
		await s.mains("on");
		await s.expect.noFaults();
	},
);
