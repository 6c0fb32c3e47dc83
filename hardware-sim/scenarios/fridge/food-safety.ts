import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"food that was warm for a quarter of an hour is not sold, through power cuts, until somebody has looked at it",
	{
		equipped: true,
		seed: 33,
		story: "The compressor dies. A technician cools the fridge, looks at the food, and lets it sell again.",
	},
	async (s) => {
		await s.climate({ compressor: "broken", celsius: 6 });
		await s.pass("14min");
		await s.expect.now({ oled: { shows: ["Tap to Unlock"] } });
		await s.pass("70s");
		await s.expect.now({ oled: { shows: ["No sale: food safety"] }, health: { phase: "health-lock" } });
		await s.tap();
		await s.expect.within("60s", { sale: "cancelled", openings: 0, capturedCents: 0 });
		await s.power("off");
		await s.climate({ compressor: "works", celsius: 3 });
		await s.pass("10s");
		await s.power("on");
		await s.expect.within("10s", { oled: { shows: ["No sale: food safety"] } });
		await s.command("clear-food-lock");
		await s.expect.within("10s", { command: { state: "failed", reason: "thermometer" } });
		await s.pass("10s");
		await s.command("clear-food-lock");
		await s.expect.within("20s", { command: "done", oled: { shows: ["Tap to Unlock"] } });
		await s.unlock();
		await s.door.open();
		await s.shopper.take("yogurt");
		await s.door.close();
		await s.expect.within("10s", { receipt: [{ sku: "yogurt", quantity: 1 }] });
	},
);
