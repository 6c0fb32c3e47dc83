import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eyeLabels, FridgeEyes, type TrueEvent } from "../../test/fridge-eyes.ts";
import { inferEvents } from "./infer-events.ts";
import type { ObservedFrame } from "./observed-frame.ts";
import { usualShelfZones } from "./shelf-zones.ts";

const options = { labels: eyeLabels, zones: usualShelfZones };

/** Kind, shelf and likeliest product of what is more likely than not. */
function told(frames: readonly ObservedFrame[]): string[] {
	return inferEvents(frames, options)
		.filter(({ probability }) => probability >= 0.5)
		.map(({ kind, shelf, toShelf, products }) => {
			const [best = "nothing"] = Object.entries(products).sort(([, a], [, b]) => b - a)[0] ?? [];
			return `${kind} ${best} ${toShelf === undefined ? shelf : `${shelf}>${toShelf}`}`;
		});
}

const asTold = ({ kind, sku, shelf }: TrueEvent) => `${kind} ${sku} ${shelf}`;

function story(seed: number, tell: (eyes: FridgeEyes) => void): FridgeEyes {
	const eyes = new FridgeEyes({ seed });
	eyes.wait(700);
	eyes.open();
	eyes.wait(700);
	tell(eyes);
	eyes.close();
	return eyes;
}

describe("a shopper", () => {
	test.each(["cola", "iced-tea", "orange-juice", "smoothie", "egg-sandwich", "yogurt", "chips", "chocolate"])(
		"takes one %s",
		(sku) => {
			const eyes = story(1, (shopper) => {
				shopper.take(sku);
				shopper.wait(1_500);
			});
			expect(told(eyes.frames)).toEqual(eyes.truth.map(asTold));
		},
	);

	test("takes a cola and puts it back where it stood", () => {
		const eyes = story(2, (shopper) => {
			const cola = shopper.take("cola");
			shopper.wait(2_000);
			shopper.putBack(cola);
			shopper.wait(1_500);
		});
		expect(told(eyes.frames)).toEqual(["taken cola 0", "returned cola 0"]);
	});

	test("leaves a lemonade on a shelf of another camera", () => {
		const eyes = story(3, (shopper) => {
			const lemonade = shopper.take("lemonade");
			shopper.wait(2_000);
			shopper.putBack(lemonade, 3);
			shopper.wait(1_500);
		});
		expect(told(eyes.frames)).toEqual(["taken lemonade 1", "returned lemonade 3"]);
	});

	test("touches things on every shelf and takes nothing", () => {
		const eyes = story(4, (shopper) => {
			for (const shelf of [0, 1, 2, 3]) {
				shopper.touch(shelf);
				shopper.wait(1_300);
			}
		});
		expect(told(eyes.frames)).toEqual([]);
	});

	test("picks three in a row and puts the second back", () => {
		const eyes = story(5, (shopper) => {
			shopper.take("energy-drink");
			shopper.wait(1_100);
			const smoothie = shopper.take("smoothie");
			shopper.wait(1_100);
			shopper.take("fruit-salad");
			shopper.wait(1_100);
			shopper.putBack(smoothie);
			shopper.wait(1_500);
		});
		expect(told(eyes.frames).sort()).toEqual(eyes.truth.map(asTold).sort());
	});

	test("takes two of a kind one after the other", () => {
		const eyes = story(6, (shopper) => {
			shopper.take("mixed-nuts");
			shopper.wait(1_400);
			shopper.take("mixed-nuts");
			shopper.wait(1_500);
		});
		expect(told(eyes.frames)).toEqual(["taken mixed-nuts 3", "taken mixed-nuts 3"]);
	});
});

test("nothing happens in a fridge that nobody reaches into", () => {
	const eyes = story(7, (shopper) => shopper.wait(3_000));
	expect(inferEvents(eyes.frames, options)).toEqual([]);
	expect(inferEvents([], options)).toEqual([]);
});

test("where no hand is recognised, what moved and what changed tell", () => {
	const eyes = story(11, (shopper) => {
		shopper.take("orange-juice");
		shopper.wait(1_800);
		const yogurt = shopper.take("yogurt");
		shopper.wait(1_800);
		shopper.putBack(yogurt);
		shopper.wait(1_800);
	});
	const blindToHands = eyes.frames.map((frame) => ({
		...frame,
		detections: frame.detections.filter(({ label }) => label !== "hand"),
	}));
	expect(told(blindToHands)).toEqual(["taken orange-juice 1", "taken yogurt 2", "returned yogurt 2"]);
});

test("times lie around the touch, and probabilities are probabilities", () => {
	const eyes = story(8, (shopper) => {
		shopper.take("apple-juice");
		shopper.wait(1_500);
	});
	const [event] = inferEvents(eyes.frames, options);
	expect(event?.fromMs).toBeLessThan(eyes.truth[0]!.atMs + 250);
	expect(event?.untilMs).toBeGreaterThan(eyes.truth[0]!.atMs);
	expect(event!.untilMs - event!.fromMs).toBeLessThan(1_000);
	expect(event?.probability).toBeLessThanOrEqual(1);
	expect(Object.values(event!.products).reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(1 + 1e-9);
	expect(event?.products).not.toHaveProperty("hand");
});

test("the order in which frames and detections come changes nothing", () => {
	const { frames } = story(9, (shopper) => {
		shopper.take("yogurt");
		shopper.wait(1_200);
	});
	const expected = inferEvents(frames, options);
	fc.assert(
		fc.property(fc.infiniteStream(fc.nat()), (order) => {
			const shuffle = <T>(some: readonly T[]) =>
				some
					.map((one) => ({ one, at: order.next().value }))
					.sort((a, b) => a.at - b.at)
					.map(({ one }) => one);
			const mixed = shuffle(frames).map((frame) => ({ ...frame, detections: shuffle(frame.detections) }));
			expect(inferEvents(mixed, options)).toEqual(expected);
		}),
		{ numRuns: 4 },
	);
});

test("later clocks and finer pictures change nothing but numbers", () => {
	const { frames } = story(10, (shopper) => {
		shopper.take("iced-tea");
		shopper.wait(1_200);
	});
	const half = frames.map((frame) => ({
		...frame,
		atMs: frame.atMs + 1e6,
		width: frame.width / 2,
		height: frame.height / 2,
		detections: frame.detections.map((one) => {
			const [x1, y1, x2, y2] = one.box;
			return { ...one, box: [x1 / 2, y1 / 2, x2 / 2, y2 / 2] as const };
		}),
	}));
	expect(told(half)).toEqual(told(frames));
});

test("of many baskets by chance nearly all events are found, and nearly none is made up", () => {
	let found = 0;
	let true_ = 0;
	let all = 0;
	for (let seed = 20; seed < 32; seed++) {
		const skus = eyeLabels.filter((label) => label !== "hand");
		const eyes = story(seed, (shopper) => {
			const first = shopper.take(skus[(seed * 5) % skus.length]!);
			shopper.wait(1_500);
			shopper.take(skus[(seed * 3 + 1) % skus.length]!);
			shopper.wait(1_300);
			if (seed % 3 === 0) shopper.putBack(first);
			shopper.wait(1_300);
		});
		const left = eyes.truth.map(asTold);
		true_ += left.length;
		for (const event of told(eyes.frames)) {
			all++;
			const at = left.indexOf(event);
			if (at < 0) continue;
			left.splice(at, 1);
			found++;
		}
	}
	expect(found / true_).toBeGreaterThan(0.93);
	expect(found / all).toBeGreaterThan(0.93);
});
