package tctest

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// listing writes rows as CSV or as an HTML table, paged by limit and offset; showcount=y adds the unpaged
// number of rows as the last line.
func (h *Host) listing(r Request, head []string, rows []map[string]string) string {
	all := len(rows)
	rows = rows[min(all, max(0, int(r.cents("offset")))):]
	if limit := int(r.cents("limit")); limit > 0 && limit < len(rows) {
		rows = rows[:limit]
	}
	var b strings.Builder
	write := writeCSV
	if r.get("format") == "html" {
		write = writeHTML
	}
	write(&b, head, rows)
	if r.get("showcount") == "y" {
		b.WriteString(strconv.Itoa(all) + "\n")
	}
	return b.String()
}

func writeCSV(b *strings.Builder, head []string, rows []map[string]string) {
	b.WriteString(strings.Join(head, ",") + "\n")
	for _, row := range rows {
		for i, name := range head {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(csvValue(name, row[name]))
		}
		b.WriteByte('\n')
	}
}

// csvValue quotes dates always (seen live) and other values where they need it.
func csvValue(name, v string) string {
	if name == "trans_date" || strings.ContainsAny(v, "\",\n") {
		return `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
	}
	return v
}

// writeHTML is a plain table; its look is ours.
func writeHTML(b *strings.Builder, head []string, rows []map[string]string) {
	line := func(tag string, cell func(string) string) {
		b.WriteString("<tr>")
		for _, name := range head {
			fmt.Fprintf(b, "<%s>%s</%s>", tag, html.EscapeString(cell(name)), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n")
	line("th", func(name string) string { return name })
	for _, row := range rows {
		line("td", func(name string) string { return row[name] })
	}
	b.WriteString("</table>\n")
}

// summarize counts and adds up by brand, action and status. The sum is what was approved.
func summarize(found []*transaction) (rows []map[string]string) {
	type sum struct{ count, cents int64 }
	sums := map[[4]string]sum{}
	for _, t := range found {
		key := [4]string{mediaName(t), t.Action, t.Status, t.CustID}
		s := sums[key]
		sums[key] = sum{s.count + 1, s.cents + t.Approved}
	}
	byName := func(a, b [4]string) int { return slices.Compare(a[:], b[:]) }
	for _, key := range slices.SortedFunc(maps.Keys(sums), byName) {
		rows = append(rows, map[string]string{"media_name": key[0], "action_name": key[1], "status_name": key[2], "custid": key[3],
			"count": fmt.Sprint(sums[key].count), "sum": fmt.Sprint(sums[key].cents)})
	}
	return rows
}

// storedRows are the account's stored accounts, narrowed by billingid, name, the end of a card number,
// media and pastdue.
func (h *Host) storedRows(r Request, acct *Account) (rows []map[string]string) {
	for _, s := range h.state.Stored {
		row := h.storedRow(s)
		name, pan, media := strings.ToLower(r.get("name")), r.get("cc"), r.get("media")
		switch {
		case s.CustID != acct.CustID:
		case r.has("billingid") && r.get("billingid") != s.ID:
		case r.has("pastdue") && r.get("pastdue") != map[string]string{"t": "y", "f": "n"}[row["pastdue"]]:
		case !strings.Contains(strings.ToLower(s.Person["name"]), name):
		case pan != "" && (s.Payer.Bank || len(pan) < 4 || row["cc"] != pan[len(pan)-4:]):
		case media != "" && (media == "ach") != s.Payer.Bank:
		default:
			rows = append(rows, row)
		}
	}
	return rows
}

func (h *Host) storedRow(s *stored) map[string]string {
	as := transaction{Brand: s.Payer.Brand, Demo: s.Demo, Media: "cc"}
	row := maps.Clone(s.Person)
	maps.Copy(row, map[string]string{"billingid": s.ID, "custid": s.CustID, "active": flag(s.Active), "pastdue": "f", "wallet": flag(s.Wallet != nil)})
	if s.Payer.Bank {
		as.Media, row["bank"] = "ach", lastFour(s.Payer.Mask)
	} else {
		row["cc"] = lastFour(s.Payer.Mask)
	}
	row["media_name"] = mediaName(&as)
	if p := s.Plan; p != nil {
		maps.Copy(row, map[string]string{"amount": fmt.Sprint(p.Amount), "cycle": p.Cycle, "payments": fmt.Sprint(p.Payments),
			"payments_made": fmt.Sprint(p.Made), "pastdue": flag(p.PastDue)})
		if !p.Next.IsZero() && s.Active {
			row["next_date"] = p.Next.In(h.pacific).Format("01-02-2006")
		}
	}
	if w := s.Wallet; w != nil {
		row["walletsize"], row["walletexposure"] = fmt.Sprint(w.Size), fmt.Sprint(w.Exposure)
	}
	return row
}

// mediaName is the vault's word for a brand; the suffix D marks demo.
func mediaName(t *transaction) string {
	names := map[string]string{"visa": "VISA", "mastercard": "MC", "amex": "AMEX", "discover": "DISC", "diners": "DINERS", "jcb": "JCB"}
	name := names[t.Brand]
	switch {
	case t.Media == "ach":
		name = "ACH"
	case name == "":
		name = strings.ToUpper(t.Brand)
	}
	if t.Demo {
		name += "-D"
	}
	return name
}

func lastFour(mask string) string {
	if len(mask) < 4 {
		return ""
	}
	return mask[len(mask)-4:]
}

func flag(yes bool) string {
	if yes {
		return "t"
	}
	return "f"
}
