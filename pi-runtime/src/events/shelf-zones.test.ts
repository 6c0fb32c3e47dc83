import { expect, test } from "vitest";
import { shelfAt, shelfZoneSchema, usualShelfZones } from "./shelf-zones.ts";

test("each camera sees its upper shelf above its lower one", () => {
	expect(
		[0, 1].flatMap((camera) => [
			shelfAt(usualShelfZones, camera, 0.5, 0.3),
			shelfAt(usualShelfZones, camera, 0.5, 0.8),
		]),
	).toEqual([0, 1, 2, 3]);
});

test("a point beside all zones belongs to the nearest", () => {
	const zones = [
		{
			camera: 0,
			shelf: 0,
			polygon: [
				[0.2, 0.1],
				[0.8, 0.1],
				[0.8, 0.4],
				[0.2, 0.4],
			] as [number, number][],
		},
		{
			camera: 0,
			shelf: 1,
			polygon: [
				[0.2, 0.5],
				[0.8, 0.5],
				[0.9, 0.9],
				[0.1, 0.9],
			] as [number, number][],
		},
	];
	expect(shelfAt(zones, 0, 0.5, 0.42)).toBe(0);
	expect(shelfAt(zones, 0, 0.5, 0.48)).toBe(1);
	expect(shelfAt(zones, 0, 0.01, 0.95)).toBe(1);
	expect(shelfAt(zones, 0, 0.17, 0.7)).toBe(1);
});

test("a camera without zones has no shelf", () => {
	expect(shelfAt(usualShelfZones, 5, 0.5, 0.5)).toBeUndefined();
});

test("zones of a file are checked", () => {
	expect(shelfZoneSchema.safeParse(usualShelfZones[0]).success).toBe(true);
	expect(
		shelfZoneSchema.safeParse({
			camera: 0,
			shelf: 0,
			polygon: [
				[0, 0],
				[1, 1],
			],
		}).success,
	).toBe(false);
	expect(
		shelfZoneSchema.safeParse({
			camera: 0,
			shelf: 0,
			polygon: [
				[0, 0],
				[2, 1],
				[1, 1],
			],
		}).success,
	).toBe(false);
});
