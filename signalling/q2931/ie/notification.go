package ie

// Notification is the notification indicator (Q.2931 4.5.23): free octets, at least one.
type Notification struct {
	Header
	Info []byte
}

// ParseContents implements Element. Info shares memory with p.
func (n *Notification) ParseContents(id ID, p []byte) error {
	if len(p) == 0 {
		return refuse(id, "no information")
	}
	n.Info = p
	return nil
}

// AppendContents implements Element.
func (n *Notification) AppendContents(id ID, b []byte) ([]byte, error) {
	if len(n.Info) == 0 {
		return b, refuse(id, "no information")
	}
	return append(b, n.Info...), nil
}
