package mem_test

import (
	"fmt"

	"callmanager/nicio"
	"callmanager/nicio/mem"
)

// Two stations on a wire that doubles every frame.
func Example() {
	w := mem.New(mem.Config{Seed: 1, Faults: mem.Faults{Duplicate: 1}})
	alice, err := w.Open(nicio.MAC{2, 0, 0, 0, 0, 1}, nicio.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	bob, err := w.Open(nicio.MAC{2, 0, 0, 0, 0, 2}, nicio.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	head := make([]byte, nicio.HeaderLen)
	nicio.PutHeader(head, bob.MAC(), alice.MAC(), nicio.EtherTypeMPLS)
	if _, err := alice.WriteBatch([]nicio.TxFrame{{Head: head, Body: []byte("hello")}}); err != nil {
		fmt.Println(err)
		return
	}
	frames := []nicio.RxFrame{{Buf: make([]byte, 64)}, {Buf: make([]byte, 64)}, {Buf: make([]byte, 64)}}
	n, err := bob.ReadBatch(frames)
	for _, f := range frames[:n] {
		fmt.Printf("%v: %s\n", f.Source(), f.Payload())
	}
	fmt.Println(err, w.Stats().Delivered)
	// Output:
	// 02:00:00:00:00:01: hello
	// 02:00:00:00:00:01: hello
	// <nil> 2
}
