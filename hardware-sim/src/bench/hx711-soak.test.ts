import { expect, test } from "vitest";
import { hx711Soak } from "./hx711-soak.ts";

test("of 20,000 readings by hand, many of them interrupted, none that is wrong is accepted", () => {
	const result = hx711Soak({ samples: 20_000, seed: 1, transport: "digital" });
	expect(result).toMatchObject({ wrong: 0, worstCounts: 0 });
	expect(result.accepted + result.dropped).toBe(20_000);
	expect(result.sleeps).toBeGreaterThan(500);
	expect(result.torn).toBeGreaterThan(0);
	expect(result.dropped).toBeGreaterThanOrEqual(result.sleeps);
	expect(result.dropped).toBeLessThan(2_500);
});

test("of 20,000 readings over SPI all are right, and the chip never sleeps", () => {
	expect(hx711Soak({ samples: 20_000, seed: 1, transport: "spi" })).toMatchObject({
		accepted: 20_000,
		dropped: 0,
		wrong: 0,
		sleeps: 0,
		torn: 0,
	});
});

test.each([50_000, 2_500_000])(
	"at the ends of the bit rates that the driver takes no reading is wrong: %d Hz",
	(hz) => {
		const result = hx711Soak({ samples: 20_000, seed: 1, transport: "spi", hz });
		expect(result).toMatchObject({ wrong: 0, sleeps: 0 });
		expect(result.accepted).toBeGreaterThan(15_000);
	},
);

test("the truth is independent of the driver: without a clock some readings are wrong, and the soak says so", () => {
	const result = hx711Soak({ samples: 20_000, seed: 1, transport: "digital-without-clock" });
	expect(result.wrong).toBeGreaterThan(0);
});

test("the same seed gives the same counts", () => {
	const options = { samples: 2_000, seed: 9, transport: "digital" } as const;
	expect(hx711Soak(options)).toEqual(hx711Soak(options));
});
