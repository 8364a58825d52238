package ie

// QoS is the quality of service parameter (Q.2931 4.5.18): a QoS class each way. ITU-T coding
// has class 0 only; network coding (CodingNetwork) has the classes 1 to 4 of UNI 3.x.
//
//	+-------------------------+
//	|   QoS class, forward    |  octet 5
//	|   QoS class, backward   |  octet 6
//	+-------------------------+
type QoS struct {
	Header
	Fwd, Bwd uint8
}

// maxQoSClass is the highest QoS class of UNI 3.x.
const maxQoSClass = 4

// ParseContents implements Element. Class 0 is read in network coding too, as UNI 3.0 writes it.
func (q *QoS) ParseContents(id ID, p []byte) error {
	c := cursor{id: id, p: p}
	q.Fwd, q.Bwd = c.u8(), c.u8()
	if err := c.done(); err != nil {
		return err
	}
	if q.Coding != CodingNetwork && (q.Fwd|q.Bwd) != 0 || q.Fwd > maxQoSClass || q.Bwd > maxQoSClass {
		return refuse(id, "QoS class that the coding standard does not have")
	}
	return nil
}

// AppendContents implements Element. Class 0 in network coding is of UNI 3.0: the codec of messages
// knows the edition.
func (q *QoS) AppendContents(id ID, b []byte) ([]byte, error) {
	network := q.Coding == CodingNetwork
	for _, class := range [...]uint8{q.Fwd, q.Bwd} {
		if !network && class != 0 || class > maxQoSClass {
			return b, refuse(id, "QoS class that the coding standard does not have")
		}
	}
	return append(b, q.Fwd, q.Bwd), nil
}
