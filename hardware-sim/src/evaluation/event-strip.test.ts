import { loadImage } from "@napi-rs/canvas";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { expect, test } from "vitest";
import { eventStrip } from "./event-strip.ts";

test("the strip of a session in which one thing is taken is a JPEG with three pictures: before, the hand, after", async () => {
	// The shortest session of the first 200 seeds.
	const bytes = await eventStrip(defaultModelPath(), "validation", 142);
	expect([...bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
	const { width, height } = await loadImage(bytes);
	expect([width, height]).toEqual([1_480, 328]);
});
