package client

import "callmanager/api/cmdpb"

// Batch joins requests to one datagram as the writer does.
func Batch(requests [][]byte) []byte {
	return cmdpb.AppendBatch(nil, requests, func(b []byte) []byte { return b })
}

// BatchesOf hands requests to the writer's queue and returns what it takes out of it, datagram by datagram.
func BatchesOf(requests [][]byte, many bool) (datagrams [][][]byte) {
	o := newOutbox()
	for _, r := range requests {
		if !o.put(r) {
			return nil
		}
	}
	o.close()
	for {
		taken := o.take(many)
		if len(taken) == 0 {
			return datagrams
		}
		datagrams = append(datagrams, append([][]byte(nil), taken...))
	}
}
