import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { defaultModelPath } from "@visionvend/pi-runtime/detect/default-model";
import { splits } from "../camera/split.ts";
import { eventStrip } from "../evaluation/event-strip.ts";
import type { Interval } from "../evaluation/interval.ts";
import type { SessionResult } from "../evaluation/judge-session.ts";
import { KeptSessions } from "../evaluation/kept-sessions.ts";
import { type NoiseLevel, noiseLevels } from "../evaluation/session-noise.ts";
import { missedBars, type SessionScore, scoreSessions } from "../evaluation/session-score.ts";
import { hardStories, type StoryName } from "../evaluation/session-story.ts";
import { type SessionOrder, SessionWorkers } from "../evaluation/session-workers.ts";
import { atPath, type CommandIO, exitCodes, parseCommandLine, parseSeed, UsageError } from "./command.ts";

export const name = "eval-sessions";
export const summary =
	"how often the bill is right: rendered frames and simulated scales through the real eyes and firmware";
export const usage = `visionvend-sim eval-sessions [--sessions N] [options]

  --sessions N   random shoppers; 200 where not given
  --seed S       the same seed gives the same sessions; 1 where not given
  --noise LEVEL  clear, usual (where not given), dim or harsh: of cameras and scales
  --ladder       a fourth as many sessions on each of the other noise levels, too
  --hard N       sessions of each hard scenario; a tenth of --sessions where not given, 0 for none
  --model FILE   the detector; the one that comes with VisionVend where not given
  --split NAME   whose designs, cabinets and hands are drawn: evaluation (where not given), or validation for whoever tunes
  --workers N    processes; as many as there are cores where not given. The result does not depend on it
  --keep FILE    writes each session's result to this file as it ends, and plays none that is there already: a run that was
                 broken off goes on where it was
  --strip FILE   plays one session only, the first of the seed, and draws its events: a JPEG for people
  --failures     tell of each session that was not settled exactly
  --json         the figures as one object, the last line

Exit codes: 0 every figure passes its bar, 1 one does not, 2 a mistake in the command line.`;

export async function run(args: readonly string[], io: CommandIO): Promise<number> {
	const { values, positionals } = parseCommandLine(
		args,
		{
			sessions: { type: "string" },
			seed: { type: "string" },
			noise: { type: "string" },
			ladder: { type: "boolean" },
			hard: { type: "string" },
			model: { type: "string" },
			split: { type: "string" },
			workers: { type: "string" },
			keep: { type: "string" },
			strip: { type: "string" },
			failures: { type: "boolean" },
			json: { type: "boolean" },
		},
		usage,
	);
	if (positionals.length > 0)
		throw new UsageError(`"${positionals[0]}" is not an option of eval-sessions.\n\n${usage}`);
	const sessions = parseCount("sessions", values.sessions ?? "200", 1);
	const hard = parseCount("hard", values.hard ?? String(Math.ceil(sessions / 10)), 0);
	const seed = parseSeed(values.seed, usage) ?? 1;
	const noise = noiseLevels.find((level) => level === (values.noise ?? "usual"));
	if (noise === undefined)
		throw new UsageError(`--noise ${values.noise}: not one of ${noiseLevels.join(", ")}\n\n${usage}`);
	const others = values.ladder ? noiseLevels.filter((level) => level !== noise) : [];
	const order = (story: StoryName, count: number, level: NoiseLevel): SessionOrder[] =>
		Array.from({ length: count }, (_, number) => ({ seed, number, story, noise: level }));
	const orders = [
		...order("random", sessions, noise),
		...hardStories.flatMap((story) => order(story, hard, noise)),
		...others.flatMap((level) => order("random", Math.ceil(sessions / 4), level)),
	];
	const model = values.model ?? defaultModelPath();
	if (!existsSync(model)) throw new UsageError(`--model ${model}: there is no such file\n\n${usage}`);
	const split = splits.find((candidate) => candidate === (values.split ?? "evaluation"));
	if (split === undefined) throw new UsageError(`--split ${values.split}: not one of ${splits.join(", ")}\n\n${usage}`);
	const { strip } = values;
	if (strip !== undefined) {
		const bytes = await eventStrip(model, split, seed);
		await atPath(strip, () => writeFile(strip, bytes));
		io.out(`The events of the first session of seed ${seed}, ${split} split: ${strip}`);
		return exitCodes.ok;
	}
	const groups = new Map<string, SessionResult[]>();
	const take = ({ story, noise: level }: SessionOrder, result: SessionResult): void => {
		const key = `${story} ${level}`;
		groups.set(key, [...(groups.get(key) ?? []), result]);
	};
	const kept = values.keep === undefined ? undefined : new KeptSessions(values.keep, { model: basename(model), split });
	const missing = orders.filter((order) => {
		const result = kept?.of(order);
		if (result !== undefined) take(order, result);
		return result === undefined;
	});
	const startedMs = performance.now();
	let [toldMs, played, cpuMs] = [startedMs, 0, 0];
	const workers = new SessionWorkers(
		values.workers === undefined ? availableParallelism() : parseCount("workers", values.workers, 1),
		model,
		split,
	);
	const speed = (): string =>
		`${played} of ${missing.length} sessions, ${(cpuMs / 1_000 / Math.max(1, played)).toFixed(2)} CPU s each, ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`;
	try {
		await workers.play(
			missing,
			(order, result, spentMs) => {
				take(order, result);
				kept?.add(order, result);
				played += 1;
				cpuMs += spentMs;
				if (values.failures && result.account !== undefined) {
					io.err(`${order.story} ${order.noise} ${result.number}${result.exact ? "" : " WRONG"}: ${result.account}`);
				}
				if (performance.now() - toldMs < 10_000) return;
				toldMs = performance.now();
				io.err(speed());
			},
			io.interruption,
		);
	} finally {
		workers.close();
	}
	if (io.interruption.aborted) return Number(io.interruption.reason);
	io.err(speed());
	const score = scoreSessions(groups.get(`random ${noise}`) ?? []);
	io.out(`${sessions} random sessions, noise ${noise}, seed ${seed}, ${split} split`);
	for (const [figure, interval] of Object.entries(score)) io.out(`  ${figure.padEnd(22)} ${percent(interval)}`);
	const reasons = new Map<string, number>();
	for (const { reason } of groups.get(`random ${noise}`) ?? []) {
		if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
	}
	io.out(`  reviews: ${[...reasons].map(([reason, count]) => `${count} ${reason}`).join(", ") || "none"}`);
	for (const [title, list] of [
		["hard scenario", hard > 0 ? hardStories.map((story) => `${story} ${noise}`) : []],
		["noise", others.map((level) => `random ${level}`)],
	] as const) {
		for (const key of list) io.out(`${title} ${key}: ${inShort(scoreSessions(groups.get(key) ?? []))}`);
	}
	const missed = missedBars(score);
	io.out(missed.length === 0 ? "Every figure passes its bar." : `Below the bar: ${missed.join(", ")}.`);
	if (values.json) {
		const scenarios =
			hard > 0 ? hardStories.map((story) => [story, scoreSessions(groups.get(`${story} ${noise}`) ?? [])]) : [];
		const ladder = others.map((level) => [level, scoreSessions(groups.get(`random ${level}`) ?? [])]);
		io.out(
			JSON.stringify({
				...score,
				sessions,
				seed,
				noise,
				hard: Object.fromEntries(scenarios),
				ladder: Object.fromEntries(ladder),
			}),
		);
	}
	return missed.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function inShort(score: SessionScore): string {
	const { eventPrecision, eventRecall, exactReceipts, autoSettled, autoSettledPrecision, overcharged } = score;
	return `events precise ${percent(eventPrecision)}, found ${percent(eventRecall)}; exact ${percent(exactReceipts)}, settled ${percent(autoSettled)}, of these right ${percent(autoSettledPrecision)}, overcharged ${percent(overcharged)}`;
}

function percent({ value, low, high }: Interval): string {
	const share = (part: number): string => (100 * part).toFixed(1);
	return Number.isNaN(value) ? "–" : `${share(value)} % (${share(low)} to ${share(high)})`;
}

function parseCount(option: string, text: string, least: number): number {
	const count = Number(text);
	if (text.trim() === "" || !Number.isInteger(count) || count < least) {
		throw new UsageError(`--${option} ${text}: not a whole number from ${least} up\n\n${usage}`);
	}
	return count;
}
