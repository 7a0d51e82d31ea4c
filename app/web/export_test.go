package web

import "fmt"

// Routes lists the routes that the router really has, "METHOD PATH".
func (s *Server) Routes() []string {
	var list []string
	for _, r := range s.echo.Routes() {
		list = append(list, fmt.Sprintf("%s %s", r.Method, r.Path))
	}
	return list
}
