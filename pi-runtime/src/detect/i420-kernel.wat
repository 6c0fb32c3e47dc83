;; A model's input out of a picture in I420; i420-kernel.ts lays out the memory and calls it.
;;
;; A pixel of a plane is blended of four: two of a row, and the two below them. Values less 128 are signed bytes; times 256ths of
;; the way down they fit 16 bits, and times 256ths of the way across 32, so that nothing is rounded before the end.
;;
;; The table of columns has 100 bytes for each four pixels: where in the row they are written (4), then for luma and for chroma where
;; the left of the two lies (4 times 4), which bytes of the 16 from the first on are the pairs (8 of 16), and the weights of left and
;; right in 256ths (4 times 2 times 2). That of rows has 24: the row of luma, how far to go down from it in 256ths, the rows of both
;; chromas, how far to go down from them, and the row of red.
;;
;; Where four pixels lie within 16 bytes of a row, one load takes them; where they lie wider apart, one load each.
(module
	(memory (export "memory") 1)
	(func (export "fill")
		;; Whether four pixels may lie wider apart than 16 bytes.
		(param $wide i32)
		;; Both tables, from and to.
		(param $groups i32) (param $groupsEnd i32) (param $row i32) (param $rowsEnd i32)
		;; How far below a row of luma and of chroma the next one is, and how far behind a channel of the input the next one.
		(param $lumaBelow i32) (param $chromaBelow i32) (param $plane i32)
		(param $scaleR f32) (param $scaleG f32) (param $scaleB f32)
		(param $offsetR f32) (param $offsetG f32) (param $offsetB f32)
		(local $group i32) (local $luma i32) (local $u i32) (local $v i32) (local $out i32) (local $at i32)
		(local $pairs v128) (local $luma4 v128) (local $cb v128) (local $cr v128)
		(local $lumaUps v128) (local $lumaDowns v128) (local $chromaUps v128) (local $chromaDowns v128)
		(loop $nextRow
			(local.set $luma (i32.load (local.get $row)))
			(local.set $lumaDowns (i16x8.splat (i32.load offset=4 (local.get $row))))
			(local.set $lumaUps (i16x8.sub (v128.const i16x8 256 256 256 256 256 256 256 256) (local.get $lumaDowns)))
			(local.set $u (i32.load offset=8 (local.get $row)))
			(local.set $v (i32.load offset=12 (local.get $row)))
			(local.set $chromaDowns (i16x8.splat (i32.load offset=16 (local.get $row))))
			(local.set $chromaUps (i16x8.sub (v128.const i16x8 256 256 256 256 256 256 256 256) (local.get $chromaDowns)))
			(local.set $out (i32.load offset=20 (local.get $row)))
			(local.set $group (local.get $groups))
			(loop $next
				;; Luma, less 128.
				(if (local.get $wide)
					(then
						(local.set $at (i32.add (local.get $luma) (i32.load offset=4 (local.get $group))))
						(local.set $pairs (v128.load16_lane 0 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 4 (i32.add (local.get $at) (local.get $lumaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $luma) (i32.load offset=8 (local.get $group))))
						(local.set $pairs (v128.load16_lane 1 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 5 (i32.add (local.get $at) (local.get $lumaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $luma) (i32.load offset=12 (local.get $group))))
						(local.set $pairs (v128.load16_lane 2 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 6 (i32.add (local.get $at) (local.get $lumaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $luma) (i32.load offset=16 (local.get $group))))
						(local.set $pairs (v128.load16_lane 3 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 7 (i32.add (local.get $at) (local.get $lumaBelow)) (local.get $pairs))))
					(else
						(local.set $at (i32.add (local.get $luma) (i32.load offset=4 (local.get $group))))
						(local.set $pairs (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
							(i8x16.swizzle (v128.load (local.get $at)) (v128.load offset=20 (local.get $group)))
							(i8x16.swizzle (v128.load (i32.add (local.get $at) (local.get $lumaBelow))) (v128.load offset=20 (local.get $group)))))))
				(local.set $pairs (v128.xor (local.get $pairs) (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080)))
				(local.set $luma4 (f32x4.mul (v128.const f32x4 0x1p-16 0x1p-16 0x1p-16 0x1p-16) (f32x4.convert_i32x4_s (i32x4.dot_i16x8_s
					(i16x8.add
						(i16x8.mul (i16x8.extend_low_i8x16_s (local.get $pairs)) (local.get $lumaUps))
						(i16x8.mul (i16x8.extend_high_i8x16_s (local.get $pairs)) (local.get $lumaDowns)))
					(v128.load offset=36 (local.get $group))))))
				(local.set $luma4 (f32x4.add (local.get $luma4) (v128.const f32x4 128 128 128 128)))
				;; Cb, less 128.
				(if (local.get $wide)
					(then
						(local.set $at (i32.add (local.get $u) (i32.load offset=52 (local.get $group))))
						(local.set $pairs (v128.load16_lane 0 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 4 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $u) (i32.load offset=56 (local.get $group))))
						(local.set $pairs (v128.load16_lane 1 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 5 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $u) (i32.load offset=60 (local.get $group))))
						(local.set $pairs (v128.load16_lane 2 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 6 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $u) (i32.load offset=64 (local.get $group))))
						(local.set $pairs (v128.load16_lane 3 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 7 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs))))
					(else
						(local.set $at (i32.add (local.get $u) (i32.load offset=52 (local.get $group))))
						(local.set $pairs (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
							(i8x16.swizzle (v128.load (local.get $at)) (v128.load offset=68 (local.get $group)))
							(i8x16.swizzle (v128.load (i32.add (local.get $at) (local.get $chromaBelow))) (v128.load offset=68 (local.get $group)))))))
				(local.set $pairs (v128.xor (local.get $pairs) (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080)))
				(local.set $cb (f32x4.mul (v128.const f32x4 0x1p-16 0x1p-16 0x1p-16 0x1p-16) (f32x4.convert_i32x4_s (i32x4.dot_i16x8_s
					(i16x8.add
						(i16x8.mul (i16x8.extend_low_i8x16_s (local.get $pairs)) (local.get $chromaUps))
						(i16x8.mul (i16x8.extend_high_i8x16_s (local.get $pairs)) (local.get $chromaDowns)))
					(v128.load offset=84 (local.get $group))))))
				;; Cr, less 128, with the samples of Cb.
				(if (local.get $wide)
					(then
						(local.set $at (i32.add (local.get $v) (i32.load offset=52 (local.get $group))))
						(local.set $pairs (v128.load16_lane 0 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 4 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $v) (i32.load offset=56 (local.get $group))))
						(local.set $pairs (v128.load16_lane 1 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 5 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $v) (i32.load offset=60 (local.get $group))))
						(local.set $pairs (v128.load16_lane 2 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 6 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs)))
						(local.set $at (i32.add (local.get $v) (i32.load offset=64 (local.get $group))))
						(local.set $pairs (v128.load16_lane 3 (local.get $at) (local.get $pairs)))
						(local.set $pairs (v128.load16_lane 7 (i32.add (local.get $at) (local.get $chromaBelow)) (local.get $pairs))))
					(else
						(local.set $at (i32.add (local.get $v) (i32.load offset=52 (local.get $group))))
						(local.set $pairs (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
							(i8x16.swizzle (v128.load (local.get $at)) (v128.load offset=68 (local.get $group)))
							(i8x16.swizzle (v128.load (i32.add (local.get $at) (local.get $chromaBelow))) (v128.load offset=68 (local.get $group)))))))
				(local.set $pairs (v128.xor (local.get $pairs) (v128.const i32x4 0x80808080 0x80808080 0x80808080 0x80808080)))
				(local.set $cr (f32x4.mul (v128.const f32x4 0x1p-16 0x1p-16 0x1p-16 0x1p-16) (f32x4.convert_i32x4_s (i32x4.dot_i16x8_s
					(i16x8.add
						(i16x8.mul (i16x8.extend_low_i8x16_s (local.get $pairs)) (local.get $chromaUps))
						(i16x8.mul (i16x8.extend_high_i8x16_s (local.get $pairs)) (local.get $chromaDowns)))
					(v128.load offset=84 (local.get $group))))))
				;; Red, green and blue (ITU-T T.871, section 7), kept within 0 and 255, and normalised.
				(local.set $at (i32.add (local.get $out) (i32.load (local.get $group))))
				(v128.store (local.get $at)
					(f32x4.add (f32x4.splat (local.get $offsetR)) (f32x4.mul (f32x4.splat (local.get $scaleR))
						(f32x4.pmin (f32x4.pmax (f32x4.add (local.get $luma4) (f32x4.mul (local.get $cr) (v128.const f32x4 1.402 1.402 1.402 1.402)))
							(v128.const f32x4 0 0 0 0)) (v128.const f32x4 255 255 255 255)))))
				(v128.store (i32.add (local.get $at) (local.get $plane))
					(f32x4.add (f32x4.splat (local.get $offsetG)) (f32x4.mul (f32x4.splat (local.get $scaleG))
						(f32x4.pmin (f32x4.pmax (f32x4.sub (local.get $luma4) (f32x4.add
						(f32x4.mul (local.get $cb) (v128.const f32x4 0.344136 0.344136 0.344136 0.344136))
						(f32x4.mul (local.get $cr) (v128.const f32x4 0.714136 0.714136 0.714136 0.714136))))
							(v128.const f32x4 0 0 0 0)) (v128.const f32x4 255 255 255 255)))))
				(v128.store (i32.add (local.get $at) (i32.shl (local.get $plane) (i32.const 1)))
					(f32x4.add (f32x4.splat (local.get $offsetB)) (f32x4.mul (f32x4.splat (local.get $scaleB))
						(f32x4.pmin (f32x4.pmax (f32x4.add (local.get $luma4) (f32x4.mul (local.get $cb) (v128.const f32x4 1.772 1.772 1.772 1.772)))
							(v128.const f32x4 0 0 0 0)) (v128.const f32x4 255 255 255 255)))))
				(local.set $group (i32.add (local.get $group) (i32.const 100)))
				(br_if $next (i32.lt_u (local.get $group) (local.get $groupsEnd))))
			(local.set $row (i32.add (local.get $row) (i32.const 24)))
			(br_if $nextRow (i32.lt_u (local.get $row) (local.get $rowsEnd))))))
