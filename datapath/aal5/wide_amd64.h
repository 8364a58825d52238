// The CRC with VPCLMULQDQ and AVX2, for 128 octets or more. To be included in a function.
// AX: the CRC so far, in the end the one to return. SI: the octets, CX: their number.
// PUT(x, off) and PUTWIDE(y, off) are what is done with octets as they are, loaded from off(SI). R9 is theirs.

	START
	HEAD
	VBROADCASTI128 (foldKeys_order+16)(DI), Y15
	VBROADCASTI128 foldKeys_by1024(DI), Y14

	// Y0, Y4, Y5, Y6 hold eight neighbours; an even number of blocks is to follow. The first of the
	// eight is the head, or it is zero and the head is the second.
	TESTQ       $1, CX
	JNE         even
	VPXOR       Y2, Y2, Y2
	VINSERTI128 $1, X0, Y2, Y0
	VMOVDQA     X1, X1         // clears the upper half of Y1
	JMP         fill

even:
	VMOVDQU     (SI), X2
	PUT(X2, 0)
	VPSHUFB     X15, X2, X2
	VPXOR       X1, X2, X2
	VINSERTI128 $1, X2, Y0, Y0
	VPXOR       Y1, Y1, Y1
	ADDQ        $16, SI
	DECQ        CX

fill:
	LOADWIDE(0, Y4)
	LOADWIDE(32, Y5)
	LOADWIDE(64, Y6)
	VPXOR Y1, Y4, Y4
	ADDQ  $96, SI
	SUBQ  $14, CX
	JLT   rest

eight:
	FOLDWIDE(Y14, Y0, Y8)
	FOLDWIDE(Y14, Y4, Y9)
	LOADWIDE(0, Y10)
	LOADWIDE(32, Y11)
	FOLDWIDE(Y14, Y5, Y8)
	FOLDWIDE(Y14, Y6, Y9)
	LOADWIDE(64, Y12)
	LOADWIDE(96, Y13)
	VPXOR Y10, Y0, Y0
	VPXOR Y11, Y4, Y4
	VPXOR Y12, Y5, Y5
	VPXOR Y13, Y6, Y6
	ADDQ  $128, SI
	SUBQ  $8, CX
	JGE   eight

rest:
	ADDQ $8, CX
	JEQ  join

	// Two more blocks: the first two of the eight move on to them and become the last.
pair:
	FOLDWIDE(Y14, Y0, Y8)
	LOADWIDE(0, Y10)
	VPXOR   Y0, Y10, Y10
	VMOVDQA Y4, Y0
	VMOVDQA Y5, Y4
	VMOVDQA Y6, Y5
	VMOVDQA Y10, Y6
	ADDQ    $32, SI
	SUBQ    $2, CX
	JNE     pair

join:
	VBROADCASTI128 foldKeys_by768(DI), Y1
	VBROADCASTI128 foldKeys_by512(DI), Y2
	VBROADCASTI128 foldKeys_by256(DI), Y3
	FOLDWIDE(Y1, Y0, Y8)
	FOLDWIDE(Y2, Y4, Y9)
	FOLDWIDE(Y3, Y5, Y10)
	VPXOR        Y6, Y0, Y0
	VPXOR        Y4, Y5, Y5
	VPXOR        Y5, Y0, Y0
	VEXTRACTI128 $1, Y0, X4
	VZEROUPPER
	MOVOU        foldKeys_by128(DI), X7
	FOLD(X7, X0, X2)
	PXOR         X4, X0
	REDUCE
