import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { deviceSubsetViolations, isDeviceFile } from "./device-subset.ts";
import { fromTop } from "./layers.ts";
import { sourceFiles, top } from "./source-files.ts";

test("device code keeps to the subset that lives in ROM", () => {
	const files = sourceFiles().filter((file) => isDeviceFile(fromTop(top, file)));
	expect(files.length).toBeGreaterThan(10);
	expect(files.flatMap((file) => deviceSubsetViolations(fromTop(top, file), readFileSync(file, "utf8")))).toEqual([]);
});

const planted: [source: string, complaint: string][] = [
	["const seen = new Map();", "new Map` is read-only in ROM"],
	["export const table = Object.freeze([new Uint8Array(2)]);", "new Uint8Array` is read-only in ROM"],
	["const one = new Lock();", "module-level instance"],
	["let count = 0;", "module-level `let`"],
	["export class A { static count = 0; }", "mutable static"],
	["export class A extends Error { constructor() { super(); this.name = 'A'; } }", "this.name"],
	["export const table = [1, 2];", "not frozen"],
	["export const table = { a: 1 } as const;", "not frozen"],
	["export async function f() {}", "async code"],
	["export function f() { return Math.random(); }", "Math.random"],
	["export function f() { setTimeout(f, 1); }", "setTimeout"],
	["export function f() { return new Promise(() => {}); }", "Promise"],
	["export function f(a: number[]) { return a.toSorted(); }", "newer than ES2022"],
	["await f();", "await"],
	["const digits = /[0-9]+/;", "regular expression"],
];

test.each(planted)("%s is refused", (source, complaint) => {
	expect(deviceSubsetViolations("x.ts", source).join()).toContain(complaint);
});

test.each([
	["export class A { static readonly Input = 0; #m = new Map<string, number>(); }"],
	["export const table = Object.freeze([1, 2] as const);"],
	["export function f(): Uint8Array { return new Uint8Array(3); }"],
	["export class A extends Error { override readonly name = 'A'; }"],
	["export interface A { readonly Date: string; f(): Promise<void> }"],
	["export function f(entry: { process: number }) { return entry.process; }"],
])("%s is fine", (source) => {
	expect(deviceSubsetViolations("x.ts", source)).toEqual([]);
});
