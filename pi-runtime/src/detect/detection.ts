import type { Frame } from "../capture/frame.ts";

/** One thing that a detector found. */
export interface Detection {
	readonly label: string;
	/** 0 to 1. */
	readonly score: number;
	/** x1, y1, x2, y2 in pixels of the source, inside the picture. */
	readonly box: readonly [number, number, number, number];
	/**
	 * Probability of every class, in the order of the model's labels; absent where a contract gives labels only. Of a
	 * model that scores by sigmoid each stands for itself, so they do not add up to 1.
	 */
	readonly classScores?: Float32Array | undefined;
	/** The detector's own feature of this query, unit length; absent where the model has none. */
	readonly feature?: Float32Array | undefined;
}

/** Finds products and hands in frames. */
export interface Detector {
	/** The label of each class. */
	readonly labels: readonly string[];
	/** What is in the picture, best score first; at most one detection a query of the model. */
	detect(frame: Frame): Promise<readonly Detection[]>;
	close(): Promise<void>;
}
