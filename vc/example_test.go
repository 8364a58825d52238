package vc_test

import (
	"fmt"

	"callmanager/vc"
)

// A rate in bits is that of SDUs of full cells; a contract names it in cells.
func Example() {
	rate, err := vc.ParseRate("200Mbit/s")
	if err != nil {
		fmt.Println(err)
		return
	}
	pcr, err := vc.PCRFor(rate)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(uint32(pcr), "cells/s")
	fmt.Println(vc.CellsFor(1492), "cells for an SDU of 1492 octets")
	fmt.Println(vc.ID{Link: 1, VPI: 0, VCI: 32})
	fmt.Println(vc.AddrFromMAC(vc.MAC{2, 0, 0, 0, 0, 2}))
	// Output:
	// 520834 cells/s
	// 32 cells for an SDU of 1492 octets
	// 1:0/32
	// 49.0000.00000000000000000000.020000000002.00
}
