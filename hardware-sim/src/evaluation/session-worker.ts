import { splits } from "../camera/split.ts";
import { SeededRandom } from "../random.ts";
import { judgeSession } from "./judge-session.ts";
import { playSession } from "./play-session.ts";
import { RenderedEyes } from "./session-eyes.ts";
import { noiseOf } from "./session-noise.ts";
import type { SessionAnswer, SessionOrder } from "./session-workers.ts";

process.on("message", (order: SessionOrder) => {
	void play(order);
});

const [modelPath = "", splitName] = process.argv.slice(2);
const split = splits.find((candidate) => candidate === splitName) ?? "evaluation";
const eyes = RenderedEyes.open(modelPath, split);
// Told with the first session that needs them.
eyes.catch(() => undefined);

async function play({ seed, number, story, noise }: SessionOrder): Promise<void> {
	const before = process.cpuUsage();
	let answer: SessionAnswer;
	try {
		const random = new SeededRandom(seed).fork(`session ${number} ${story}`);
		const played = await playSession(story, noiseOf(noise), random, await eyes);
		const { user, system } = process.cpuUsage(before);
		answer = { type: "played", result: judgeSession(number, played), cpuMs: (user + system) / 1_000 };
	} catch (error) {
		answer = { type: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
	}
	process.send?.(answer);
}
