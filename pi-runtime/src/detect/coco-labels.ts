/** The 80 classes of COCO 2017 in the order of most detectors (https://cocodataset.org). */
export const cocoLabels: readonly string[] = Object.freeze(
	(
		"person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter," +
		"bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee," +
		"skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass," +
		"cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch," +
		"potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink," +
		"refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
	).split(","),
);

/** Numbers that COCO left out of its 91 categories; 0 is not used either. */
const unused = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** The same classes at their category numbers, 0 to 90; `null` where there is none. */
export const cocoCategories: readonly (string | null)[] = Object.freeze(
	(() => {
		const names = cocoLabels.values();
		return Array.from({ length: 91 }, (_, number) => (unused.has(number) ? null : (names.next().value ?? null)));
	})(),
);
