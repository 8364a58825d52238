package params

import "callmanager/signalling/q2931/ie"

// bllisOf reads B-LLI contents; it leaves out those that are not allowed.
func bllisOf(contents [][]byte) []ie.BLLI {
	var list []ie.BLLI
	for _, c := range contents {
		var b ie.BLLI
		if b.ParseContents(ie.IDBLLI, c) == nil {
			list = append(list, b)
		}
	}
	return list
}

// contentsOf writes the contents of B-LLI elements.
func contentsOf(list []ie.BLLI) [][]byte {
	var contents [][]byte
	for i := range list {
		if b, err := list[i].AppendContents(ie.IDBLLI, nil); err == nil {
			contents = append(contents, b)
		}
	}
	return contents
}
