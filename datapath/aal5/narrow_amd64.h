// The CRC with PCLMULQDQ and SSSE3, for 16 octets or more. To be included in a function.
// AX: the CRC so far, in the end the one to return. SI: the octets, CX: their number.
// PUT(x, off) is what is done with octets as they are, loaded from off(SI). R9 is PUT's.

	START
	CMPQ CX, $48
	JEQ  cell
	HEAD
	CMPQ  CX, $2
	JHI   long
	JEQ   three
	TESTQ CX, CX
	JEQ   reduce

	// Two blocks, the head included.
	LOAD(0, X4)
	MOVOU foldKeys_by128(DI), X5
	PXOR  X1, X4
	FOLD(X5, X0, X2)
	PXOR  X4, X0
	JMP   reduce

	// The three of a cell are whole.
cell:
	LOAD(16, X4)
	LOAD(32, X5)
	PSHUFB X15, X0
	JMP    both

	// Three: the first two move on beside each other.
three:
	LOAD(0, X4)
	LOAD(16, X5)
	PXOR X1, X4

both:
	MOVOU foldKeys_by256(DI), X6
	MOVOU foldKeys_by128(DI), X7
	FOLD(X6, X0, X2)
	FOLD(X7, X4, X3)
	PXOR  X5, X0
	PXOR  X4, X0
	JMP   reduce

	// Four and more: X0, X4, X5, X6 hold four neighbours.
long:
	LOAD(0, X4)
	LOAD(16, X5)
	LOAD(32, X6)
	PXOR  X1, X4
	MOVOU foldKeys_by512(DI), X14
	ADDQ  $48, SI
	SUBQ  $7, CX
	JLT   rest

four:
	FOLD(X14, X0, X8)
	FOLD(X14, X4, X9)
	LOAD(0, X10)
	LOAD(16, X11)
	FOLD(X14, X5, X8)
	FOLD(X14, X6, X9)
	LOAD(32, X12)
	LOAD(48, X13)
	PXOR  X10, X0
	PXOR  X11, X4
	PXOR  X12, X5
	PXOR  X13, X6
	ADDQ  $64, SI
	SUBQ  $4, CX
	JGE   four

rest:
	ADDQ $4, CX
	JEQ  join

	// One more block: the first of the four moves on to it and becomes the last.
single:
	FOLD(X14, X0, X8)
	LOAD(0, X10)
	PXOR  X0, X10
	MOVOA X4, X0
	MOVOA X5, X4
	MOVOA X6, X5
	MOVOA X10, X6
	ADDQ  $16, SI
	DECQ  CX
	JNE   single

join:
	MOVOU foldKeys_by384(DI), X1
	MOVOU foldKeys_by256(DI), X2
	MOVOU foldKeys_by128(DI), X3
	FOLD(X1, X0, X8)
	FOLD(X2, X4, X9)
	FOLD(X3, X5, X10)
	PXOR  X4, X0
	PXOR  X6, X5
	PXOR  X5, X0

reduce:
	REDUCE
