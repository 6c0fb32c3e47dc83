import { sep } from "node:path";
import { parseSync } from "vite";

/** Paths whose modules run on the microcontroller. */
export function isDeviceFile(file: string): boolean {
	const path = file.split(sep).join("/");
	if (path.endsWith(".test.ts") || path.endsWith(".generated.d.ts")) return false;
	return (
		path.startsWith("sdk/src/device/") ||
		path.startsWith("sdk/conformance/") ||
		/^drivers\/[^/]+\/[^/]+\.ts$/.test(path) ||
		path.startsWith("firmware-moddable/src/") ||
		path === "hardware-sim/src/engine/shim.ts"
	);
}

/** The program's entry is not preloaded: it runs from flash at every start, and may create what lives as long as it does. */
function isEntry(file: string): boolean {
	return file.split(sep).join("/") === "firmware-moddable/src/main.ts";
}

const readOnlyInRom = new Set([
	"Map",
	"Set",
	"WeakMap",
	"WeakSet",
	"Date",
	"ArrayBuffer",
	"DataView",
	"Int8Array",
	"Uint8Array",
	"Uint8ClampedArray",
	"Int16Array",
	"Uint16Array",
	"Int32Array",
	"Uint32Array",
	"Float32Array",
	"Float64Array",
	"BigInt64Array",
	"BigUint64Array",
]);

const absentOnDevice = new Set([
	"setTimeout",
	"setInterval",
	"setImmediate",
	"queueMicrotask",
	"console",
	"process",
	"Buffer",
	"TextEncoder",
	"TextDecoder",
	"crypto",
	"fetch",
	"structuredClone",
	"Intl",
	"Promise",
	"Date",
]);

const newerThanES2022 = new Set([
	"toSorted",
	"toSpliced",
	"toReversed",
	"findLast",
	"findLastIndex",
	"isWellFormed",
	"toWellFormed",
	"groupBy",
	"withResolvers",
	"fromAsync",
	"toHex",
	"fromHex",
	"toBase64",
	"fromBase64",
]);

interface Node {
	readonly type: string;
	readonly start: number;
	readonly [member: string]: unknown;
}
function isNode(value: unknown): value is Node {
	return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
function childrenOf(node: Node): Node[] {
	return Object.values(node).flatMap((member) =>
		Array.isArray(member) ? member.filter(isNode) : isNode(member) ? [member] : [],
	);
}
function nodeOf(node: Node, member: string): Node | undefined {
	const value = node[member];
	return isNode(value) ? value : undefined;
}

/**
 * The rules for code that lives in ROM on an ESP32-S3, which a module breaks, as readable sentences with lines.
 * Preloaded modules are frozen: whatever they create while loading can never change again.
 */
export function deviceSubsetViolations(file: string, source: string): string[] {
	const { program } = parseSync(file, source);
	const violations: string[] = [];
	const complain = (node: Node, what: string) =>
		violations.push(`${file}:${source.slice(0, node.start).split("\n").length} ${what}`);

	const inModuleScope = (node: Node, visit: (node: Node) => void): void => {
		visit(node);
		if (
			/Function|MethodDefinition|PropertyDefinition/.test(node.type) &&
			!(node.static === true && node.type === "PropertyDefinition")
		)
			return;
		if (node.type.startsWith("TS") && node.type !== "TSAsExpression" && node.type !== "TSSatisfiesExpression") return;
		for (const child of childrenOf(node)) inModuleScope(child, visit);
	};
	const everywhere = (node: Node, inErrorClass: boolean): void => {
		if (node.type.startsWith("TS") && !/Expression|Assertion/.test(node.type)) return;
		const superClass = nodeOf(node, "superClass");
		const errorClass = superClass?.type === "Identifier" ? String(superClass.name).endsWith("Error") : inErrorClass;
		if (node.async === true) complain(node, "async code: Node and XS would interleave differently; use callbacks");
		if (node.type === "AwaitExpression") complain(node, "await: use callbacks");
		if (node.type === "Identifier" && absentOnDevice.has(String(node.name)) && !isMemberName(node))
			complain(node, `\`${String(node.name)}\` does not exist on the device: it comes in through the host`);
		if (node.type === "MemberExpression") {
			const property = nodeOf(node, "property");
			const object = nodeOf(node, "object");
			if (property?.type === "Identifier" && node.computed !== true) {
				if (newerThanES2022.has(String(property.name)))
					complain(node, `\`.${String(property.name)}\` is newer than ES2022, the device's library`);
				if (object?.type === "Identifier" && object.name === "Math" && property.name === "random")
					complain(node, "`Math.random`: chance comes in through the host");
			}
		}
		if (node.type === "AssignmentExpression" && errorClass) {
			const left = nodeOf(node, "left");
			if (
				left?.type === "MemberExpression" &&
				nodeOf(left, "object")?.type === "ThisExpression" &&
				nodeOf(left, "property")?.name === "name"
			)
				complain(node, "`this.name =` in an Error subclass throws (Error.prototype is frozen): use a class field");
		}
		for (const [member, value] of Object.entries(node)) {
			const children = Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [];
			for (const child of children) {
				const isName = (member === "property" || member === "key") && node.computed !== true;
				if (isName) memberNames.add(child);
				everywhere(child, errorClass);
			}
		}
	};
	const memberNames = new Set<Node>();
	const isMemberName = (node: Node) => memberNames.has(node);

	const statements: readonly unknown[] = program.body;
	for (const statement of statements.filter(isNode)) {
		inModuleScope(statement, (node) => {
			if (node.type === "AwaitExpression") complain(node, "top-level await");
			if (isEntry(file)) return;
			if (node.type === "Literal" && node.regex !== undefined)
				complain(node, "module-level regular expression: using it writes to ROM; write it where it is used");
			if (node.type === "NewExpression") {
				const callee = nodeOf(node, "callee");
				const name = callee?.type === "Identifier" ? String(callee.name) : "…";
				complain(
					node,
					readOnlyInRom.has(name)
						? `module-level \`new ${name}\` is read-only in ROM: create it in a function or an instance`
						: `module-level instance \`new ${name}\`: create it at run time`,
				);
			}
			if (node.type === "VariableDeclaration" && node.kind !== "const" && node.declare !== true)
				complain(node, `module-level \`${String(node.kind)}\`: state belongs to an instance`);
			if (node.type === "PropertyDefinition" && node.static === true && node.readonly !== true && node.declare !== true)
				complain(node, "mutable static: declare it readonly");
			if (node.type === "VariableDeclarator") {
				const init = nodeOf(node, "init");
				const value = init && /^TS(As|Satisfies)Expression$/.test(init.type) ? nodeOf(init, "expression") : init;
				if (value?.type === "ArrayExpression" || value?.type === "ObjectExpression")
					complain(node, "constant table is not frozen: wrap it in Object.freeze");
			}
		});
		everywhere(statement, false);
	}
	return [...new Set(violations)];
}
