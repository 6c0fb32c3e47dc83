import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a machine that was sent to a broker which does not know it comes back by itself",
	{ uplink: "wifi", seed: 43, story: "The owner mistypes the password of the broker." },
	async (s) => {
		const broker = { host: "broker.test", port: 8883, tls: true, user: "fridge-1", password: "not this one" };
		await s.configure({ uplink: { via: "wifi", ssid: "shop", password: "let me in, please", broker } });
		await s.expect.within("2min", { command: { state: "failed", reason: "rolled-back" } });
		await s.unlock();
		await s.door.open();
		await s.shopper.take("chocolate");
		await s.door.close();
		await s.expect.within("20s", { receipt: [{ sku: "chocolate", quantity: 1 }] });
	},
);
