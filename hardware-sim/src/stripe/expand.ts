import { parameterError } from "./api-error.ts";

/**
 * Replaces ids by the objects that they name, as the `expand` parameter asks: `latest_charge`, or
 * `data.latest_charge` in a list, or deeper. Changes `body`.
 * @param find the object with this id.
 */
export function expand(body: unknown, path: string, find: (id: string) => object | undefined): void {
	const [head = "", ...rest] = path.split(".");
	if (!isRecord(body)) return;
	if (!Object.hasOwn(body, head)) throw notExpandable(path);
	const value = body[head];
	if (Array.isArray(value)) {
		if (rest.length === 0) throw notExpandable(path);
		for (const item of value) expand(item, rest.join("."), find);
		return;
	}
	if (typeof value === "string") {
		const object = find(value);
		if (object === undefined) throw notExpandable(path);
		body[head] = structuredClone(object);
	}
	if (rest.length > 0) expand(body[head], rest.join("."), find);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notExpandable(path: string) {
	return parameterError("parameter_invalid_value", "expand", `This property cannot be expanded (${path}).`);
}
