import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a modem that restarts in the middle of a sale delays its receipt and nothing else",
	{ uplink: "lte", seed: 41, story: "A fridge at a camp site, far from any Wi-Fi." },
	async (s) => {
		await s.modem(-85);
		await s.pass("20s");
		await s.unlock();
		await s.door.open();
		await s.modem("restarts");
		await s.shopper.take("iced-tea");
		await s.door.close();
		await s.expect.within("3min", { receipt: [{ sku: "iced-tea", quantity: 1 }], capturedCents: 250 });
		await s.expect.within("90s", { health: { signalDbm: -85 } });
	},
);
