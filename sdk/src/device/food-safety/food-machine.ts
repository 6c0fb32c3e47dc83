import type {
	ClearRefusal,
	FoodEffect,
	FoodEvent,
	FoodLock,
	FoodRecord,
	FoodSettings,
	FoodState,
	FoodTransition,
} from "./food-state.ts";

/*
	FDA Food Code, 4-204.111 (read as Oklahoma Administrative Code 310:257-7-36 adopts it): a machine that vends food which
	must be kept cold stops by itself when it cannot keep it so, until it is serviced; the air of a refrigerated machine may
	be above 5 °C (41 °F) for no more than 30 minutes immediately after it was filled, serviced or restocked. The 15 minutes
	at all other times, and the same 30 after a defrost, are how makers carry it out: Crane Merchandising 780 Refreshment
	Center, operators' guide 4800006 (2004), section 6, "Health Control". Theirs begin anew with every closing of the door;
	ours do not, so that a door that is opened again and again cannot put the lock off.
*/
const WARM_MS = 15 * 60_000;
const AFTER_RELIEF_MS = 30 * 60_000;
/** No matter how often doors, services and defrosts begin and end: an hour of warm air at a stretch locks. */
const LONGEST_MS = 60 * 60_000;
/** A thermometer that says nothing sound for so long is dead. */
const SILENCE_MS = 60_000;
/** While it is warm the record is written so often: a power cut costs at most that, and it is added on the safe side. */
const SAVE_MS = 5_000;

const COLD: FoodRecord = Object.freeze({ lock: "", warmMs: 0, allowedMs: WARM_MS, relieved: false });

/**
 * The state after power-up, with the effects that belong to it. What counted before the power cut stays if the first
 * reading is warm; how long the power was off nobody knows, and it does not count.
 *
 * @param record what the store holds: `undefined` when it holds nothing yet, `"unreadable"` when it holds something
 * else, which locks until a person has looked.
 */
export function startFood(record: FoodRecord | undefined | "unreadable", atMs: number): FoodTransition {
	const kept: FoodRecord = record === "unreadable" ? { ...COLD, lock: "warm" } : (record ?? COLD);
	const warm = kept.warmMs > 0;
	const state: FoodState = {
		record: warm ? { ...kept, warmMs: kept.warmMs + SAVE_MS } : kept,
		centidegrees: undefined,
		heardAtMs: atMs,
		heard: false,
		warm,
		countedAtMs: atMs,
		savedAtMs: atMs,
		reliefAtMs: undefined,
		service: false,
		unsaved: false,
	};
	const effects: FoodEffect[] = [{ type: "lock", reason: kept.lock }];
	if (warm) effects.push({ type: "persist", record: state.record });
	effects.push(alarm(state, atMs));
	return { state, effects };
}

/** What an event changes, and what has to be done about it. */
export function transitionFood(before: FoodState, event: FoodEvent, settings: FoodSettings): FoodTransition {
	const { atMs } = event;
	if (event.type === "storage-failed") {
		return {
			state: { ...before, unsaved: true },
			effects: [{ type: "lock", reason: lockOf(before, true) }, alarm(before, atMs)],
		};
	}
	let state = counted(before, atMs);
	let refusal: ClearRefusal | "" | undefined;
	switch (event.type) {
		case "sample":
			if (event.centidegrees !== undefined) state = heard(state, event.centidegrees, atMs, settings);
			break;
		case "door-closed":
			if (!state.service) state = relieved(state, atMs, !state.record.relieved);
			break;
		case "service":
			if (event.on !== state.service) state = relieved({ ...state, service: event.on }, atMs, true);
			break;
		case "defrost":
			state = relieved(state, atMs, true);
			break;
		case "clear":
			refusal = clearRefusal(state, atMs, settings);
			if (refusal === "") state = { ...state, record: COLD };
			break;
		case "elapsed":
			break;
	}
	return told(before, locked(state, atMs), atMs, refusal);
}

/** Counts up to now; what was not heard for a minute counts as warm from the last word on. */
function counted(state: FoodState, atMs: number): FoodState {
	if (!state.warm) return atMs - state.heardAtMs < SILENCE_MS ? state : begun(state, atMs);
	const { record } = state;
	return { ...state, countedAtMs: atMs, record: { ...record, warmMs: record.warmMs + atMs - state.countedAtMs } };
}

/** A stretch begins with the last cold reading: the food has been warm since then at most. */
function begun(state: FoodState, atMs: number): FoodState {
	const { heardAtMs, reliefAtMs, record } = state;
	const reliefMs = reliefAtMs === undefined ? 0 : reliefAtMs + AFTER_RELIEF_MS - heardAtMs;
	return {
		...state,
		warm: true,
		countedAtMs: atMs,
		record: {
			...record,
			warmMs: atMs - heardAtMs,
			allowedMs: Math.max(WARM_MS, reliefMs),
			relieved: reliefAtMs !== undefined && reliefAtMs >= heardAtMs,
		},
	};
}

function heard(state: FoodState, centidegrees: number, atMs: number, settings: FoodSettings): FoodState {
	// What the time until this reading has locked stays so, and the first reading after a start decides whether the
	// stretch of before goes on.
	const { record } = state.heard ? locked(state, atMs) : state;
	const isWarm = centidegrees > settings.limitCentidegrees;
	const after: FoodState = { ...state, record, centidegrees, heard: true };
	if (isWarm) return { ...(state.warm ? after : begun(after, atMs)), heardAtMs: atMs };
	return { ...after, heardAtMs: atMs, warm: false, record: { ...COLD, lock: record.lock } };
}

/** Warm air came in for a good reason: it may take half an hour from now on to get cold again. */
function relieved(state: FoodState, atMs: number, mayExtend: boolean): FoodState {
	const { record } = state;
	if (!state.warm || !mayExtend) return { ...state, reliefAtMs: atMs };
	const allowedMs = Math.min(LONGEST_MS, Math.max(record.allowedMs, record.warmMs + AFTER_RELIEF_MS));
	return { ...state, reliefAtMs: atMs, record: { ...record, allowedMs, relieved: true } };
}

/** The lock that the time and the thermometer call for. */
function locked(state: FoodState, atMs: number): FoodState {
	const { record } = state;
	if (record.lock === "warm") return state;
	const isSilent = atMs - state.heardAtMs >= SILENCE_MS;
	let lock: FoodRecord["lock"] = record.lock;
	if (state.warm && (state.heard || isSilent) && record.warmMs >= record.allowedMs) lock = "warm";
	else if (isSilent) lock = "thermometer";
	else if (state.heard) lock = "";
	return lock === record.lock ? state : { ...state, record: { ...record, lock } };
}

function clearRefusal(state: FoodState, atMs: number, settings: FoodSettings): ClearRefusal | "" {
	const { record, centidegrees } = state;
	if (record.lock === "thermometer") return "thermometer";
	if (record.lock === "") return state.unsaved ? "storage" : "not-locked";
	if (centidegrees === undefined || atMs - state.heardAtMs >= SILENCE_MS) return "thermometer";
	return centidegrees > settings.limitCentidegrees ? "still-warm" : "";
}

/** What the caller hears of it. A lock is in the store before anybody relies on it, except that it locks at once. */
function told(
	before: FoodState,
	after: FoodState,
	atMs: number,
	refusal: ClearRefusal | "" | undefined,
): FoodTransition {
	const { record } = after;
	const isCounting = after.warm && record.lock !== "warm";
	const isChanged =
		record.lock !== before.record.lock ||
		record.allowedMs !== before.record.allowedMs ||
		record.relieved !== before.record.relieved ||
		after.warm !== before.warm;
	const isDue = before.unsaved || isChanged || (isCounting && atMs - after.savedAtMs >= SAVE_MS);
	const state: FoodState = isDue ? { ...after, savedAtMs: atMs, unsaved: false } : after;
	const effects: FoodEffect[] = [];
	const reason = lockOf(state, false);
	const isNews = reason !== lockOf(before, before.unsaved);
	if (isNews && reason !== "") effects.push({ type: "lock", reason });
	if (isDue) effects.push({ type: "persist", record });
	if (isNews && reason === "") effects.push({ type: "lock", reason });
	if (refusal !== undefined) effects.push({ type: "cleared", reason: refusal });
	effects.push(alarm(state, atMs));
	return { state, effects };
}

function lockOf({ record }: FoodState, unsaved: boolean): FoodLock {
	return record.lock === "" && unsaved ? "storage" : record.lock;
}

/** When the next thing happens that no reading brings about. */
function alarm({ record, warm, heard, heardAtMs, countedAtMs, savedAtMs }: FoodState, atMs: number): FoodEffect {
	if (record.lock === "warm") return { type: "alarm", milliseconds: undefined };
	const isSilent = atMs - heardAtMs >= SILENCE_MS;
	let nextMs = isSilent ? Number.POSITIVE_INFINITY : heardAtMs + SILENCE_MS;
	if (warm) {
		nextMs = Math.min(nextMs, savedAtMs + SAVE_MS);
		if (heard || isSilent) nextMs = Math.min(nextMs, countedAtMs + record.allowedMs - record.warmMs);
	}
	return { type: "alarm", milliseconds: Math.max(0, nextMs - atMs) };
}
