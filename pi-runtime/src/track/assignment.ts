/**
 * The cheapest way to give rows to columns, one to one: the Hungarian method as shortest augmenting paths with
 * potentials (Kuhn 1955, Munkres 1957; the O(n²m) form of Jonker and Volgenant 1987).
 *
 * `costs` holds `rows` × `columns` numbers, row after row; each finite. As many pairs are made as the smaller side has.
 * Returns the column of each row, -1 for a row that goes without.
 */
export function assign(costs: Float64Array, rows: number, columns: number): Int32Array {
	if (costs.length < rows * columns) {
		throw new RangeError(`assign: ${rows} × ${columns} costs are needed, there are ${costs.length}.`);
	}
	if (rows <= columns) return assignRows(costs, rows, columns, columns, 1);
	// Each row of the search must find a column: the longer side becomes the columns.
	const rowOf = assignRows(costs, columns, rows, 1, columns);
	const columnOf = new Int32Array(rows).fill(-1);
	for (let column = 0; column < columns; column++) columnOf[rowOf[column]!] = column;
	return columnOf;
}

/**
 * As {@link assign}, but nothing is paired at `limit` or above: a pair must be worth more than staying alone. A cost
 * that is no number counts as forbidden.
 */
export function assignBelow(costs: Float64Array, rows: number, columns: number, limit: number): Int32Array {
	const capped = new Float64Array(rows * columns);
	for (let index = 0; index < capped.length; index++) {
		const cost = costs[index]!;
		capped[index] = cost < limit ? cost : limit;
	}
	const columnOf = assign(capped, rows, columns);
	for (let row = 0; row < rows; row++) {
		const column = columnOf[row]!;
		if (column >= 0 && capped[row * columns + column]! >= limit) columnOf[row] = -1;
	}
	return columnOf;
}

/** `count` rows, no more than there are columns; `costs[row * rowStride + column * columnStride]`. */
function assignRows(
	costs: Float64Array,
	count: number,
	columns: number,
	rowStride: number,
	columnStride: number,
): Int32Array {
	// Index 0 of columns stands for "no column yet"; rows and columns count from 1 inside.
	const rowPotential = new Float64Array(count + 1);
	const columnPotential = new Float64Array(columns + 1);
	const rowOf = new Int32Array(columns + 1);
	const cameFrom = new Int32Array(columns + 1);
	const slack = new Float64Array(columns + 1);
	const isDone = new Uint8Array(columns + 1);
	for (let row = 1; row <= count; row++) {
		rowOf[0] = row;
		let column = 0;
		slack.fill(Number.POSITIVE_INFINITY);
		isDone.fill(0);
		do {
			isDone[column] = 1;
			const at = rowOf[column]!;
			const base = (at - 1) * rowStride;
			const potential = rowPotential[at]!;
			let delta = Number.POSITIVE_INFINITY;
			let next = 0;
			for (let other = 1; other <= columns; other++) {
				if (isDone[other] === 1) continue;
				const reduced = costs[base + (other - 1) * columnStride]! - potential - columnPotential[other]!;
				if (reduced < slack[other]!) {
					slack[other] = reduced;
					cameFrom[other] = column;
				}
				if (slack[other]! < delta) {
					delta = slack[other]!;
					next = other;
				}
			}
			if (next === 0) throw new RangeError("assign: a cost is not finite.");
			for (let other = 0; other <= columns; other++) {
				if (isDone[other] === 1) {
					rowPotential[rowOf[other]!]! += delta;
					columnPotential[other]! -= delta;
				} else {
					slack[other]! -= delta;
				}
			}
			column = next;
		} while (rowOf[column] !== 0);
		while (column !== 0) {
			const before = cameFrom[column]!;
			rowOf[column] = rowOf[before]!;
			column = before;
		}
	}
	const columnOf = new Int32Array(count);
	for (let column = 1; column <= columns; column++) {
		if (rowOf[column] !== 0) columnOf[rowOf[column]! - 1] = column - 1;
	}
	return columnOf;
}
