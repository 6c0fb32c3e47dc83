import type { Columns, Fields, SheetTable, Value } from "./sheet-table.ts";

/** One value that goes to the other side. */
export interface FieldChange {
	readonly field: string;
	readonly from: Value | undefined;
	readonly to: Value | undefined;
}

/** A field that both sides changed since they last agreed; nothing is written until a person has chosen. */
export interface Conflict {
	readonly key: string;
	readonly field: string;
	readonly agreed: Value | undefined;
	readonly sheet: Value | undefined;
	readonly ours: Value | undefined;
}

export interface RowChange {
	readonly key: string;
	readonly kind: "add" | "change";
	readonly changes: readonly FieldChange[];
}

/** What a synchronisation would do. Shown as a dry run, or carried out. */
export interface SyncPlan {
	/** Values that the owner typed, for the database. */
	readonly toUs: readonly RowChange[];
	/** Values that changed here, for the sheet. */
	readonly toSheet: readonly RowChange[];
	readonly conflicts: readonly Conflict[];
	/**
	 * Rows that were there when both sides last agreed and are gone from the sheet. A product is never deleted for that:
	 * rows get lost by sorting and by accident.
	 */
	readonly goneFromSheet: readonly string[];
	/** What both sides agree on once the plan is carried out; the `agreed` of the next one. By key. */
	readonly agreed: ReadonlyMap<string, Fields>;
}

/** Who wins a conflict, by person's choice. */
export type Resolution = "sheet" | "ours";

/**
 * A three-way comparison: what both sides last agreed on, the sheet, and the database. A field that one side changed
 * goes to the other; one that both changed differently is a conflict, unless `resolve` says who wins. Rows that could
 * not be read count as unchanged.
 */
export function planSync(input: {
	readonly columns: Columns;
	readonly agreed: ReadonlyMap<string, Fields>;
	readonly sheet: SheetTable;
	readonly ours: ReadonlyMap<string, Fields>;
	readonly resolve?: ((conflict: Conflict) => Resolution | undefined) | undefined;
}): SyncPlan {
	const { columns, sheet, ours, resolve } = input;
	const inSheet = new Map(sheet.rows.map(({ key, fields }) => [key, fields]));
	const unreadable = sheet.errors.length > 0;
	const toUs: RowChange[] = [];
	const toSheet: RowChange[] = [];
	const conflicts: Conflict[] = [];
	const goneFromSheet: string[] = [];
	const agreedNext = new Map<string, Fields>();
	for (const key of new Set([...inSheet.keys(), ...ours.keys()])) {
		const agreed = input.agreed.get(key);
		const theirs = inSheet.get(key);
		const mine = ours.get(key);
		if (theirs === undefined) {
			if (agreed === undefined) {
				// A row with an error has a key that nobody could read; adding one beside it would make two.
				if (unreadable) continue;
				toSheet.push({ key, kind: "add", changes: changesBetween(columns, {}, mine ?? {}) });
				agreedNext.set(key, mine ?? {});
			} else {
				if (!unreadable) goneFromSheet.push(key);
				agreedNext.set(key, agreed);
			}
			continue;
		}
		const merged = mergeRow({ columns, key, agreed: agreed ?? {}, theirs, mine: mine ?? {}, resolve, conflicts });
		const forUs = changesBetween(columns, mine ?? {}, merged.ours);
		const forSheet = changesBetween(columns, theirs, merged.sheet);
		if (forUs.length > 0 || mine === undefined) {
			toUs.push({ key, kind: mine === undefined ? "add" : "change", changes: forUs });
		}
		if (forSheet.length > 0) toSheet.push({ key, kind: "change", changes: forSheet });
		agreedNext.set(key, merged.agreed);
	}
	return { toUs, toSheet, conflicts, goneFromSheet, agreed: agreedNext };
}

function mergeRow(row: {
	readonly columns: Columns;
	readonly key: string;
	readonly agreed: Fields;
	readonly theirs: Fields;
	readonly mine: Fields;
	readonly resolve: ((conflict: Conflict) => Resolution | undefined) | undefined;
	readonly conflicts: Conflict[];
}): { sheet: Fields; ours: Fields; agreed: Fields } {
	const sheet: Record<string, Value> = {};
	const ours: Record<string, Value> = {};
	const agreed: Record<string, Value> = {};
	const put = (side: Record<string, Value>, field: string, value: Value | undefined) => {
		if (value !== undefined) side[field] = value;
	};
	for (const { field, owner } of row.columns) {
		const before = row.agreed[field];
		// An emptied cell is no value: it says nothing, and gets ours back.
		const typed = row.theirs[field] ?? before;
		const mine = row.mine[field];
		const sheetChanged = owner === "both" && typed !== before;
		const weChanged = mine !== before;
		let winner: Value | undefined;
		if (sheetChanged && weChanged && typed !== mine) {
			const conflict: Conflict = { key: row.key, field, agreed: before, sheet: typed, ours: mine };
			const choice = mine === undefined ? "sheet" : row.resolve?.(conflict);
			if (choice === undefined) {
				row.conflicts.push(conflict);
				put(sheet, field, row.theirs[field]);
				put(ours, field, mine);
				put(agreed, field, before);
				continue;
			}
			winner = choice === "sheet" ? typed : mine;
		} else winner = sheetChanged ? typed : mine;
		put(sheet, field, winner);
		put(ours, field, winner);
		put(agreed, field, winner);
	}
	return { sheet, ours, agreed };
}

function changesBetween(columns: Columns, from: Fields, to: Fields): FieldChange[] {
	return columns.flatMap(({ field }) =>
		from[field] === to[field] ? [] : [{ field, from: from[field], to: to[field] }],
	);
}
