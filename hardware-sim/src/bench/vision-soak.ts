import { startDetector } from "@visionvend/pi-runtime/detect/worker-detector";
import { Tracker } from "@visionvend/pi-runtime/track/tracker";
import { defaultTrackerSettings } from "@visionvend/pi-runtime/track/tracker-settings";
import { systemClock } from "@visionvend/sdk/clock";
import { SeededRandom } from "../random.ts";

/* A process that detects and tracks, and tells its parent how its memory grew. Arguments: the model, how many frames. */

const [model = "", count = "0"] = process.argv.slice(2);
const frames = Number(count);
/** Until then caches fill and code is compiled. */
const warmFrames = Math.min(500, Math.floor(frames / 2));
const [width, height] = [1_280, 720];
const random = new SeededRandom(4);
// Pictures that differ, so that what is found differs, too.
const pictures = Array.from({ length: 4 }, () => random.bytes((width * height * 3) / 2));

const detector = await startDetector({ model, clock: systemClock, threshold: 0.1 });
const tracker = new Tracker({ labels: detector.labels, settings: defaultTrackerSettings });
const megabytes = (): number => process.memoryUsage.rss() / 1e6;
let warm = 0;
for (let frame = 0; frame < frames; frame++) {
	const data = pictures[frame % pictures.length] ?? new Uint8Array(0);
	const atMs = frame * defaultTrackerSettings.frame_ms;
	tracker.update(await detector.detect({ camera: 0, sequence: frame, atMs, width, height, data }), atMs);
	if (frame === warmFrames) warm = megabytes();
}
const last = megabytes();
await detector.close();
process.send?.({ megabytes: last, growth: last / warm - 1, frames });
process.disconnect?.();
