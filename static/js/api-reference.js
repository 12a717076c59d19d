/* Swagger UI over our description. It keeps no token, and asks no other site for anything. */
window.crm.behaviour("reference", (element) => {
  "use strict";
  window.SwaggerUIBundle({
    url: element.dataset.url,
    domNode: element,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    validatorUrl: null,
  });
});
