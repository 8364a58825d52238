package softnet

// Parse reads the text of softnet_stat.
func Parse(stat string) Backlog { return parse([]byte(stat)) }

// Passed reports whether everything that waited in one reading had gone through at the next.
func (b Backlog) Passed(now Backlog) bool { return b.passed(now) }

// OpenFile opens a file in place of the kernel's.
func OpenFile(name string) Reader { return open(name) }
