/* Starts Swagger UI with error responses folded. Addresses are relative to /docs, so they work under any public path. */
const foldErrors = () => ({
  wrapComponents: {
    response: (Original, { React }) =>
      function FoldedResponse(props) {
        const [open, setOpen] = React.useState(Number(props.code) < 400);
        if (open) return React.createElement(Original, props);
        const names = [...props.response.get('description').matchAll(/`([^`]+)`/g)].map(([, name]) => name);
        const show = React.createElement('button', { type: 'button', onClick: () => setOpen(true) }, 'Show');
        return React.createElement(
          'tr',
          { className: 'response' },
          React.createElement('td', { className: 'response-col_status' }, props.code),
          React.createElement('td', { className: 'response-col_description' }, names.join(', '), ' ', show),
        );
      },
  },
});
window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  validatorUrl: null,
  deepLinking: true,
  persistAuthorization: false,
  plugins: [foldErrors],
});
