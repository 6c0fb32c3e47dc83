import type { ConformanceHost, DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import { z } from "zod";
import { Board } from "../board/board.ts";
import { SimulationClock } from "../clock.ts";
import type { Part } from "../conformance/parts.ts";
import { recordProvider, type Sink } from "./record-provider.ts";
import { type Replay, replayOnto } from "./replay.ts";
import type { Transaction } from "./transaction.ts";

/** What is done with a part while it is recorded, and again when the log is replayed. */
export interface Session {
	/** Milliseconds from opening to closing. */
	readonly forMs: number;
	/** Milliseconds between two samples. */
	readonly everyMs: number;
	/** Instead of options of the part's wiring: `{ "clock": { "pin": 5 } }`. */
	readonly options: Readonly<Record<string, unknown>>;
}

const optionsSchema = z.record(z.string(), z.unknown());

/** The usual options, with those of the session laid over them, connection by connection. */
function optionsOf(subject: DriverSubject, host: ConformanceHost, { options }: Session): object {
	const merged: Record<string, unknown> = { ...subject.options(host) };
	for (const [name, value] of Object.entries(options)) {
		const [before, given] = [optionsSchema.safeParse(merged[name]), optionsSchema.safeParse(value)];
		merged[name] = before.success && given.success ? { ...before.data, ...given.data } : value;
	}
	return merged;
}

/** Opens the part, samples it, and closes it; an actuator is used once. `onSample` gets what the driver said. */
function use(
	subject: DriverSubject,
	host: ConformanceHost,
	session: Session,
	onSample: (sample: unknown) => void,
	onEnd: () => void,
): void {
	const driver = subject.open(optionsOf(subject, host, session));
	if (driver.sample === undefined) for (const call of subject.use(driver)) call();
	const rhythm = host.timer.repeat(() => onSample(driver.sample?.()), session.everyMs);
	host.timer.set(() => {
		host.timer.clear(rhythm);
		driver.close();
		onEnd();
	}, session.forMs);
}

/** Time after the end, for what is still under way. */
const afterNs = 1e9;

function onBoard(board: Board, part: Part, host: ConformanceHost, session: Session): unknown[] {
	const samples: unknown[] = [];
	board.clock.callback(() =>
		use(
			part.subject,
			host,
			session,
			(sample) => samples.push(sample),
			() => undefined,
		),
	);
	board.clock.run(session.forMs * 1e6 + afterNs);
	return samples;
}

/** Records a part's driver on a simulated part. Returns what it sampled. */
export function recordSimulated(part: Part, session: Session, sink: Sink): unknown[] {
	const board = new Board({ clock: new SimulationClock() });
	part.solder(board);
	const io = recordProvider(board.io, sink, () => board.clock.now);
	return onBoard(board, part, { io, timer: board.timer }, session);
}

/** Records a part's driver on a real host, in real time. Resolves with what it sampled. */
export function recordReal(part: Part, host: ConformanceHost, session: Session, sink: Sink): Promise<unknown[]> {
	const samples: unknown[] = [];
	const io = recordProvider(host.io, sink, () => Number(process.hrtime.bigint()));
	return new Promise((resolve) => {
		use(
			part.subject,
			{ io, timer: host.timer },
			session,
			(sample) => samples.push(sample),
			() => resolve(samples),
		);
	});
}

/** Runs a part's driver against chips made of a log. */
export function replaySimulated(
	part: Part,
	session: Session,
	log: readonly Transaction[],
): { readonly replay: Replay; readonly samples: unknown[] } {
	const board = new Board({ clock: new SimulationClock() });
	const replay = replayOnto(board, log);
	return { replay, samples: onBoard(board, part, board, session) };
}
