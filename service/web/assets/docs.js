// Starts Swagger UI. Its own search looks at tags only; this one looks at addresses, names and descriptions as well.
const search = () => ({
  fn: {
    opsFilter: (groups, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
      const fits = (one, tag) => {
        const operation = one.get("operation");
        const about = [tag, one.get("path"), one.get("method"), operation.get("operationId"), operation.get("description")];
        const text = about.join(" ").toLowerCase();
        return words.every((word) => text.includes(word));
      };
      return groups
        .map((group, tag) => group.set("operations", group.get("operations").filter((one) => fits(one, tag))))
        .filter((group) => group.get("operations").size > 0);
    },
  },
});

window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#reference",
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    filter: true,
    plugins: [search],
    requestSnippetsEnabled: true,
    syntaxHighlight: { activated: false }, // slow on long answers, and it styles elements inline
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
