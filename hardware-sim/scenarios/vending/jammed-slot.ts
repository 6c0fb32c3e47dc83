import { scenario } from "@visionvend/hardware-sim/language/scenario";

export default scenario(
	"a slot that jams is not charged, and the other one is",
	{ machine: "vending", seed: 22, story: "The spiral of the crisps is stuck. The gum behind it falls." },
	async (s) => {
		await s.slot(2, "jammed");
		await s.dispense([2, 5]);
		await s.expect.within("60s", { capturedCents: 90 });
		await s.expect.now({ gone: [{ sku: "gum", quantity: 1 }], ledger: { cash_in_transit: 90 } });
	},
);
