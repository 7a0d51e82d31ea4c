package simulator

import "net/http"

func (p *Portal) routePages(mux *http.ServeMux) {
	mux.HandleFunc("/bitrix/components/bitrix/crm.deal.show/show_file.php", p.showFile)
}
