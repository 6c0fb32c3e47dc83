import type { VisionEvidence } from "@visionvend/sdk/basket/vision-evidence";
import type { CurvePoint } from "@visionvend/sdk/basket/weight-steps";
import type { SaleReportBody } from "@visionvend/sdk/protocol/messages";
import type { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import type { Unit } from "../world/fridge.ts";
import { SessionMachine } from "./session-machine.ts";
import type { SessionNoise } from "./session-noise.ts";
import { type Deed, type SessionStory, type StoryName, tellStory } from "./session-story.ts";

const ms = 1_000_000;
/** Cameras look so often. */
export const frameMs = 125;
/** Scales rest and the report is here so long after the door has closed, at most. */
const reportMs = 15_000;

/** Something that truly happened. */
export interface TrueEvent {
	readonly kind: "taken" | "returned";
	readonly sku: string;
	readonly shelf: number;
	/** On the clock of the session. */
	readonly atMs: number;
}

/** What a session left behind for whoever judges it. */
export interface PlayedSession {
	readonly story: SessionStory;
	/** What is gone: sku to units. */
	readonly gone: ReadonlyMap<string, number>;
	readonly events: readonly TrueEvent[];
	readonly report: SaleReportBody;
	readonly curve: readonly CurvePoint[];
	/** `undefined` where nobody looked. */
	readonly vision: VisionEvidence | undefined;
}

/** Whoever looks at the fridge while a session goes on. */
export interface SessionEyes {
	/** A session begins; the door is shut. */
	begin(session: SessionMachine, noise: SessionNoise, random: SeededRandom): void;
	/** A frame's time has come. */
	look(): Promise<void>;
	/** What was seen. */
	end(): Promise<VisionEvidence>;
}

/** Plays one session: the same random source gives the same session. */
export async function playSession(
	name: StoryName,
	noise: SessionNoise,
	random: SeededRandom,
	eyes: SessionEyes | undefined,
): Promise<PlayedSession> {
	const story = tellStory(name, demoCatalogue, random.fork("story"));
	const session = new SessionMachine(random.fork("machine"), noise.scaleCounts);
	try {
		const { fridge } = session.machine;
		if (story.misplaced !== undefined) {
			const { sku, shelf } = story.misplaced;
			const unit = fridge.units.find((candidate) => candidate.sku === sku);
			// The shopper takes the misplaced one, not one of its own shelf.
			for (const other of fridge.units)
				if (other.sku === sku && other !== unit) fridge.shelf(other.homeShelf).lift(other);
			if (unit !== undefined) {
				fridge.shelf(unit.homeShelf).lift(unit);
				fridge.shelf(shelf).put(unit);
			}
		}
		const before = new Set(fridge.taken());
		session.unlock();
		eyes?.begin(session, noise, random.fork("eyes"));
		const pass = async (untilMs: number): Promise<void> => {
			for (;;) {
				const nextMs = Math.min(untilMs, (Math.floor(session.nowMs / frameMs + 1e-6) + 1) * frameMs);
				session.run(nextMs - session.nowMs);
				if (nextMs % frameMs === 0) await eyes?.look();
				if (nextMs >= untilMs) return;
			}
		};
		await pass(session.nowMs + 500);
		session.shopper.open();
		await pass(session.nowMs + 1_200);
		const startMs = session.nowMs;
		const hands: Unit[] = [];
		for (const deed of story.deeds) {
			await pass(startMs + deed.atMs);
			act(session, deed, hands);
		}
		await pass(startMs + story.closesMs);
		session.shopper.close();
		await pass(session.nowMs + 2_200);
		session.until("the report", () => session.report !== undefined, reportMs);
		const { report } = session;
		if (report === undefined) throw new Error("There is no report.");
		const gone = new Map<string, number>();
		for (const unit of fridge.taken()) if (!before.has(unit)) gone.set(unit.sku, (gone.get(unit.sku) ?? 0) + 1);
		const events = fridge.journal.flatMap(({ atNs, event, fields }): TrueEvent[] => {
			if (event !== "took" && event !== "put back") return [];
			const kind = event === "took" ? "taken" : "returned";
			return [{ kind, sku: String(fields.sku), shelf: Number(fields.shelf), atMs: atNs / ms }];
		});
		return { story, gone, events, report, curve: session.curve, vision: await eyes?.end() };
	} finally {
		session.close();
	}
}

function act({ shopper, clock }: SessionMachine, deed: Deed, hands: Unit[]): void {
	switch (deed.do) {
		case "take":
			hands.push(shopper.take(deed.sku));
			break;
		case "return": {
			const unit = hands[deed.taken];
			if (unit !== undefined) shopper.putBack(unit, deed.shelf);
			break;
		}
		case "touch": {
			const end = shopper.lean(deed.shelf, 40_000);
			clock.after(220 * ms, end);
			break;
		}
		case "rest": {
			const end = shopper.lean(deed.shelf, hands.at(-1)?.milligrams ?? 0);
			clock.after(deed.forMs * ms, end);
			break;
		}
	}
}
