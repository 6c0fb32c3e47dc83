// The last module that is preloaded: built-in objects become immutable, as the Moddable linker (xsl) leaves them in ROM.

const freeze = (value) => {
	if ((typeof value === "object" && value !== null) || typeof value === "function") Object.freeze(value);
};

for (const name of Object.getOwnPropertyNames(globalThis)) {
	if (name === "globalThis" || name === "global") continue;
	const value = globalThis[name];
	freeze(value);
	if (typeof value === "function") freeze(value.prototype);
}

// Built-ins without a global name.
const typedArray = Object.getPrototypeOf(Uint8Array);
const arrayIterator = Object.getPrototypeOf([][Symbol.iterator]());
const generatorFunction = Object.getPrototypeOf(function* () {
	yield 0;
});
const asyncFunction = Object.getPrototypeOf(async () => 0);
const asyncGeneratorFunction = Object.getPrototypeOf(async function* () {
	yield 0;
});
for (const hidden of [
	typedArray,
	typedArray.prototype,
	arrayIterator,
	Object.getPrototypeOf(arrayIterator),
	Object.getPrototypeOf(new Map().entries()),
	Object.getPrototypeOf(new Set().values()),
	Object.getPrototypeOf(""[Symbol.iterator]()),
	Object.getPrototypeOf("a".matchAll(/a/g)),
	generatorFunction,
	generatorFunction.prototype,
	asyncFunction,
	asyncGeneratorFunction,
	asyncGeneratorFunction.prototype,
])
	freeze(hidden);
