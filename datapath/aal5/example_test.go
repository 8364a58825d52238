package aal5_test

import (
	"fmt"

	"callmanager/datapath/aal5"
)

func Example() {
	sdu := []byte("an SDU of more than 40 octets, hence of two cells")

	pdu := make([]byte, aal5.PDULen(len(sdu)))
	copy(pdu, sdu)
	aal5.Finish(pdu, len(sdu), 0, 0, uint16(len(sdu)), 0)

	trailer := aal5.ParseTrailer((*[aal5.TrailerLen]byte)(pdu[len(pdu)-aal5.TrailerLen:]))
	fmt.Println(len(pdu), trailer.Length, trailer.Fits(len(pdu)), aal5.Intact(aal5.Update(0, pdu)))
	// Output: 96 49 true true
}
