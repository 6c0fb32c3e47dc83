import fc from "fast-check";
import { expect, test } from "vitest";
import { planSync, type SyncPlan } from "./plan-sync.ts";
import type { Columns, Fields, RowError, SheetTable, Value } from "./sheet-table.ts";

const columns: Columns = [
	{ field: "sku", title: "SKU", type: { kind: "text", mostCharacters: 64 }, owner: "both" },
	{ field: "name", title: "Name", type: { kind: "text", mostCharacters: 64 }, owner: "both" },
	{
		field: "priceCents",
		title: "Price",
		type: { kind: "decimal", fractionDigits: 2, most: 10_000_000 },
		owner: "both",
	},
	{ field: "stock", title: "Stock", type: { kind: "integer", least: 0, most: 9_999 }, owner: "us" },
];

type Side = Readonly<Record<string, Fields>>;

function tableOf(side: Side, errors: readonly RowError[] = []): SheetTable {
	const rows = Object.entries(side).map(([key, fields], index) => ({ number: index + 2, key, fields }));
	return { title: "Products", letters: new Map(), rows, errors, nextRow: rows.length + 2 };
}

function plan(agreed: Side, sheet: Side, ours: Side, errors?: readonly RowError[]): SyncPlan {
	return planSync({
		columns,
		agreed: new Map(Object.entries(agreed)),
		sheet: tableOf(sheet, errors),
		ours: new Map(Object.entries(ours)),
	});
}

const cola = { sku: "cola", name: "Cola", priceCents: 200, stock: 6 };

test("a price that the owner typed goes to us, stock that we counted goes to the sheet", () => {
	const { toUs, toSheet, conflicts } = plan(
		{ cola },
		{ cola: { ...cola, priceCents: 250 } },
		{ cola: { ...cola, stock: 4 } },
	);
	expect(toUs).toEqual([{ key: "cola", kind: "change", changes: [{ field: "priceCents", from: 200, to: 250 }] }]);
	expect(toSheet).toEqual([{ key: "cola", kind: "change", changes: [{ field: "stock", from: 6, to: 4 }] }]);
	expect(conflicts).toEqual([]);
});

test("a field that both changed differently is a conflict and stays as it is on both sides", () => {
	const { toUs, toSheet, conflicts, agreed } = plan(
		{ cola },
		{ cola: { ...cola, priceCents: 250 } },
		{ cola: { ...cola, priceCents: 220 } },
	);
	expect(conflicts).toEqual([{ key: "cola", field: "priceCents", agreed: 200, sheet: 250, ours: 220 }]);
	expect([...toUs, ...toSheet]).toEqual([]);
	expect(agreed.get("cola")?.priceCents).toBe(200);
});

test("both sides changing to the same value agree", () => {
	const changed = { cola: { ...cola, priceCents: 250 } };
	const { toUs, toSheet, conflicts, agreed } = plan({ cola }, changed, changed);
	expect([...toUs, ...toSheet, ...conflicts]).toEqual([]);
	expect(agreed.get("cola")?.priceCents).toBe(250);
});

test("what the owner types into a column of ours is overwritten", () => {
	const { toUs, toSheet } = plan({ cola }, { cola: { ...cola, stock: 99 } }, { cola });
	expect(toUs).toEqual([]);
	expect(toSheet[0]?.changes).toEqual([{ field: "stock", from: 99, to: 6 }]);
});

test("a new row is a new product; a row that is gone from the sheet deletes nothing", () => {
	const tea = { sku: "tea", name: "Tea", priceCents: 150 };
	const { toUs, goneFromSheet, agreed } = plan({ cola }, { tea }, { cola });
	expect(toUs.map(({ key, kind }) => ({ key, kind }))).toEqual([{ key: "tea", kind: "add" }]);
	expect(goneFromSheet).toEqual(["cola"]);
	expect(agreed.has("cola")).toBe(true);
});

test("while a row cannot be read, nothing is added to the sheet and nothing counts as gone", () => {
	const errors: RowError[] = [{ row: 2, column: "C", message: "Price" }];
	const { toSheet, goneFromSheet } = plan({ cola }, {}, { cola, tea: { sku: "tea" } }, errors);
	expect(toSheet).toEqual([]);
	expect(goneFromSheet).toEqual([]);
});

const fieldsOf = (key: string): fc.Arbitrary<Fields> =>
	fc.record({
		sku: fc.constant(key),
		name: fc.constantFrom("A", "B", "C"),
		priceCents: fc.constantFrom(100, 200, 300),
		stock: fc.constantFrom(0, 1, 2),
	});
const sideOf = fc
	.subarray(["a", "b", "c", "d"])
	.chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, fieldsOf(key)]))));

/** What a side looks like once its changes are written. */
function apply(side: Side, changes: SyncPlan["toUs"]): Side {
	const next: Record<string, Record<string, Value>> = {};
	for (const [key, fields] of Object.entries(side)) next[key] = { ...fields };
	for (const { key, changes: fields } of changes) {
		const row = next[key] ?? {};
		next[key] = row;
		for (const { field, to } of fields) {
			if (to === undefined) delete row[field];
			else row[field] = to;
		}
	}
	return next;
}

test("after a plan is carried out, both sides differ in conflicts and in rows that left the sheet only", () => {
	fc.assert(
		fc.property(sideOf, sideOf, sideOf, (agreed, sheet, ours) => {
			const first = plan(agreed, sheet, ours);
			const sheetAfter = apply(sheet, first.toSheet);
			const oursAfter = apply(ours, first.toUs);
			for (const key of new Set([...Object.keys(sheetAfter), ...Object.keys(oursAfter)])) {
				if (first.goneFromSheet.includes(key)) continue;
				for (const { field } of columns) {
					if (first.conflicts.some((conflict) => conflict.key === key && conflict.field === field)) continue;
					expect(sheetAfter[key]?.[field]).toBe(oursAfter[key]?.[field]);
				}
			}
			const second = plan(Object.fromEntries(first.agreed), sheetAfter, oursAfter);
			expect([...second.toUs, ...second.toSheet]).toEqual([]);
			expect(second.conflicts).toEqual(first.conflicts);
		}),
	);
});

test("no change of one side alone is lost", () => {
	fc.assert(
		fc.property(sideOf, sideOf, (agreed, sheet) => {
			const { toUs, conflicts } = plan(agreed, sheet, agreed);
			const after = apply(agreed, toUs);
			expect(conflicts).toEqual([]);
			for (const [key, fields] of Object.entries(sheet)) {
				for (const { field, owner } of columns) {
					if (owner === "both") expect(after[key]?.[field]).toBe(fields[field]);
				}
			}
		}),
	);
});
