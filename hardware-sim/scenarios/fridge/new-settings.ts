import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"settings that work stay, and settings that lose the cloud are undone by the machine itself",
	{
		seed: 36,
		story: "The owner makes the machine speak Spanish, and then moves its line to the Pi to pins where nothing is.",
	},
	async (s) => {
		await s.configure({ languages: ["es", "en"] });
		await s.expect.within("30s", { command: "done", message: { topic: "status/hello", body: { configuration: 1 } } });
		await s.expect.within("5s", { oled: { shows: ["Acerque su"] } });
		await s.configure({
			pins: {
				lock: 12,
				hall: 13,
				oledData: 10,
				oledClock: 11,
				neopixel: 21,
				buzzer: 47,
				linkReceive: 41,
				linkTransmit: 42,
				piSignal: 16,
			},
		});
		await s.expect.within("100s", { command: { state: "failed", reason: "rolled-back" } });
		await s.unlock();
		await s.door.open();
		await s.shopper.take("chips");
		await s.door.close();
		await s.expect.within("10s", { receipt: [{ sku: "chips", quantity: 1 }] });
	},
);
